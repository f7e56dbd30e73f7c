import type { Launch, Target } from '../../core/op';
import {
  multiplyAddsOf,
  tapsOf,
  type BackwardInputProblem,
  type BackwardWeightProblem,
  type ConvKernel,
  type ForwardProblem,
  type Geometry,
  type Parts,
  type Viewed,
  type WeightKernel,
} from './problem';

/**
 * Problems whose one dispatch would take too long, cut into several of the same kind that write different outputs: so
 * many images each or, of a weight gradient, so many output channels. The kernel is chosen for the whole problem and
 * no sum is cut, so pipelines and bits are those of one dispatch.
 */

interface Span {
  readonly first: number;
  readonly count: number;
}

/** 0 to `total` in ranges of at most `most` but at least one, as even as can be; none is longer than the first. */
export function evenRanges(total: number, most: number): Span[] {
  const parts = Math.ceil(total / Math.max(1, Math.min(total, Math.floor(most))));
  const longest = Math.ceil(total / parts);
  const firsts = Array.from({ length: Math.ceil(total / longest) }, (_, index) => index * longest);
  return firsts.map((first) => ({ first, count: Math.min(longest, total - first) }));
}

/** A linear layer's images are the pixels of one line, each of which needs no other. */
const isLine = ({ batch, x, y, window }: Geometry): boolean =>
  batch === 1 && x.height === 1 && y.height === 1 && x.width === y.width && tapsOf({ window }) === 1;

const images = (geometry: Geometry): number => (isLine(geometry) ? geometry.x.width : geometry.batch);

const ofImages = (geometry: Geometry, count: number): Geometry =>
  isLine(geometry)
    ? { ...geometry, x: { ...geometry.x, width: count }, y: { ...geometry.y, width: count } }
    : { ...geometry, batch: count };

function imageRanges<P extends ForwardProblem | BackwardInputProblem>(
  kernel: ConvKernel<P>,
  problem: P,
  target: Target,
): Span[] {
  const { multiplyAddsPerDispatch = Infinity } = target;
  const total = images(problem.geometry);
  const inTime = multiplyAddsPerDispatch / (multiplyAddsOf(problem.geometry) / total);
  return evenRanges(total, Math.min(inTime, kernel.imagesAtOnce?.(problem, target) ?? Infinity));
}

/** A tensor without its first rows. */
const fromRow = <T extends { readonly view: Viewed['view'] }>(placed: T, rows: number): T => ({
  ...placed,
  view: { ...placed.view, offset: placed.view.offset + rows * placed.view.stride },
});

/** Rows before image `first` in each plane. */
const rowsBefore = (geometry: Geometry, first: number, plane: 'x' | 'y'): number =>
  isLine(geometry) ? first : first * geometry[plane].height * geometry[plane].width;

export function forwardLaunches(
  kernel: ConvKernel<ForwardProblem>,
  problem: ForwardProblem,
  target: Target,
): readonly Launch[] {
  const { geometry, x, y, rest } = problem;
  const parts = imageRanges(kernel, problem, target).map(({ first, count }): ForwardProblem => {
    const [rowsOfX, rowsOfY] = [rowsBefore(geometry, first, 'x'), rowsBefore(geometry, first, 'y')];
    return {
      ...problem,
      geometry: ofImages(geometry, count),
      x: fromRow(x, rowsOfX),
      y: fromRow(y, rowsOfY),
      rest: rest && fromRow(rest, rowsOfY),
    };
  });
  return kernel.launches(parts, target);
}

export function backwardInputLaunches(
  kernel: ConvKernel<BackwardInputProblem>,
  problem: BackwardInputProblem,
  target: Target,
): readonly Launch[] {
  const { geometry, dy, dx, add, mask } = problem;
  const parts = imageRanges(kernel, problem, target).map(({ first, count }): BackwardInputProblem => {
    const rows = rowsBefore(geometry, first, 'x');
    return {
      ...problem,
      geometry: ofImages(geometry, count),
      dy: fromRow(dy, rowsBefore(geometry, first, 'y')),
      dx: fromRow(dx, rows),
      add: add && fromRow(add, rows),
      mask: mask && fromRow(mask, rows),
    };
  });
  return kernel.launches(parts, target);
}

/** A tensor, or a matrix of weights, without its first columns. */
const fromColumn = <T extends { readonly view: Viewed['view'] }>(placed: T, columns: number): T => ({
  ...placed,
  view: { ...placed.view, offset: placed.view.offset + columns },
});

/** Parts are whole tiles of output channels, so that none computes more overhang than the whole would. */
export function backwardWeightLaunches(
  kernel: WeightKernel,
  problem: BackwardWeightProblem,
  parts: Parts,
  target: Target,
): readonly Launch[] {
  const { geometry, dy, dw } = problem;
  const { multiplyAddsPerDispatch = Infinity } = target;
  const columns = geometry.y.channels;
  const tiles = Math.ceil(columns / kernel.columns);
  const ofTile = multiplyAddsOf(geometry) * (kernel.columns / columns);
  return evenRanges(tiles, multiplyAddsPerDispatch / ofTile).flatMap(({ first, count }) => {
    const from = first * kernel.columns;
    const channels = Math.min(count * kernel.columns, columns - from);
    const part: BackwardWeightProblem = {
      ...problem,
      geometry: { ...geometry, y: { ...geometry.y, channels } },
      dy: fromColumn(dy, from),
      dw: fromColumn(dw, from),
    };
    return kernel.launches(part, { ...parts, to: fromColumn(parts.to, from) }, target);
  });
}
