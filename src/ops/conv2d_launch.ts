import type { Launch, Lowered, Scratch, Target, Value, View } from '../core/op';
import type { ShaderModule } from '../core/shader';
import { foldWorkgroups } from '../core/rows';
import { roundUp, type Window } from '../core/shape';
import scalarShader from '../../shaders/conv2d_scalar.wgsl';
import sumSplits from '../../shaders/sum_splits.wgsl';
import vectorShader from '../../shaders/conv2d.wgsl';

/** Sizes of a convolution; a linear layer is one with a 1x1 kernel over a single line of pictures. */
export interface Geometry {
  readonly batch: number;
  readonly x: { readonly height: number; readonly width: number; readonly channels: number };
  readonly y: { readonly height: number; readonly width: number; readonly channels: number };
  readonly window: Window;
  /** Rows of the weight matrix from one tap of the kernel to the next. */
  readonly tapRows: number;
}

/** A tensor and where it lies. */
export interface Placed<T = Value> {
  readonly value: T;
  readonly view: View;
}

const WORKGROUP = 64;

/** What the two shader files differ in; the numbers repeat constants of the files. */
interface Variant {
  readonly shader: ShaderModule;
  /** Elements per unit of stride, offset and channel count. */
  readonly lanes: number;
  /** Register tile of each entry point, in elements: rows by columns. */
  readonly tile: readonly [rows: number, columns: number];
  readonly weightTile: readonly [rows: number, columns: number];
}

const VECTOR: Variant = { shader: vectorShader, lanes: 4, tile: [8, 8], weightTile: [8, 8] };
const SCALAR: Variant = { shader: scalarShader, lanes: 1, tile: [4, 4], weightTile: [4, 4] };

const aligned = ({ stride, offset }: View): boolean => stride % 4 === 0 && offset % 4 === 0;

/** A tensor is read in vectors if its rows are, and if a last partial vector holds zeros. */
const readsVectors = (view: View, channels: number): boolean =>
  aligned(view) && (channels % 4 === 0 || view.zeroPadded);

const writesVectors = (view: View, channels: number): boolean => aligned(view) && channels % 4 === 0;

function constants({ window, x, y }: Geometry): Record<string, number | boolean> {
  const [top, left, bottom, right] = window.padding;
  const [kernelHeight, kernelWidth] = window.kernel;
  const [strideHeight, strideWidth] = window.stride;
  // With a stride above 1, some input pixels may lie under no tap even where nothing is padded.
  const exact = x.height === y.height && x.width === y.width && kernelHeight === 1 && kernelWidth === 1;
  return {
    KERNEL_H: kernelHeight,
    KERNEL_W: kernelWidth,
    STRIDE_H: strideHeight,
    STRIDE_W: strideWidth,
    PAD_TOP: top,
    PAD_LEFT: left,
    PADDED: !exact || top + left + bottom + right > 0,
  };
}

function params(variant: Variant, geometry: Geometry, views: { x?: View; y?: View; w: View; b?: View }) {
  const { x, y } = geometry;
  const unit = (elements = 0) => elements / variant.lanes;
  return {
    x_h: x.height,
    x_w: x.width,
    y_h: y.height,
    y_w: y.width,
    ci: Math.ceil(x.channels / variant.lanes),
    co: Math.ceil(y.channels / variant.lanes),
    x_stride: unit(views.x?.stride),
    x_offset: unit(views.x?.offset),
    y_stride: unit(views.y?.stride),
    y_offset: unit(views.y?.offset),
    w_stride: unit(views.w.stride),
    w_offset: unit(views.w.offset),
    b_offset: unit(views.b?.offset),
    tap_rows: geometry.tapRows,
    split_lines: 0,
    split_stride: 0,
  };
}

const tiles = (rows: number, columns: number, tile: readonly [number, number]): number =>
  Math.ceil(rows / tile[0]) * Math.ceil(columns / tile[1]);

/** x-then-z folding: y stays free for the splits of a weight gradient. */
function grid(threads: number, splits: number, target: Target): readonly [number, number, number] {
  const [x, z] = foldWorkgroups(Math.ceil(threads / WORKGROUP), target.maxWorkgroupsPerDimension);
  return [x, splits, z];
}

/** y = convolution of x by w, plus b per output channel where given, then ReLU if asked. */
export function launchForward(
  geometry: Geometry,
  { x, w, b, y }: { x: Placed; w: Placed; b?: Placed | undefined; y: Placed },
  relu: boolean,
  target: Target,
): Launch {
  const { batch, x: input, y: output } = geometry;
  const vectors =
    readsVectors(x.view, input.channels) &&
    writesVectors(y.view, output.channels) &&
    aligned(w.view) &&
    (b === undefined || b.view.offset % 4 === 0);
  const variant = vectors ? VECTOR : SCALAR;
  const rows = batch * output.height * output.width;
  return {
    shader: variant.shader,
    entry: 'forward',
    // A variable always needs a buffer: without a bias the weights stand in, unread.
    bind: { x: x.value, w: w.value, b: (b ?? w).value, y: y.value },
    params: {
      rows,
      ...params(variant, geometry, { x: x.view, y: y.view, w: w.view, ...(b && { b: b.view }) }),
    },
    constants: { ...constants(geometry), BIAS: b !== undefined, RELU: relu },
    workgroups: grid(tiles(rows, output.channels, variant.tile), 1, target),
  };
}

/** dx from dy and w. */
export function launchBackwardInput(
  geometry: Geometry,
  { dy, w, dx }: { dy: Placed; w: Placed; dx: Placed },
  target: Target,
): Launch {
  const { batch, x: input, y: output } = geometry;
  const vectors =
    readsVectors(dy.view, output.channels) && writesVectors(dx.view, input.channels) && aligned(w.view);
  const variant = vectors ? VECTOR : SCALAR;
  const rows = batch * input.height * input.width;
  return {
    shader: variant.shader,
    entry: 'backward_input',
    bind: { dy: dy.value, w: w.value, dx: dx.value },
    params: { rows, ...params(variant, geometry, { x: dx.view, y: dy.view, w: w.view }) },
    constants: constants(geometry),
    workgroups: grid(tiles(rows, input.channels, variant.tile), 1, target),
  };
}

/** Sums shorter than this are not worth another split. */
const LEAST_PIXELS_PER_SPLIT = 256;

/**
 * dw from x and dy: the sum over all pixels is split by lines until the adapter is filled, and the partial sums
 * are added in order by a second launch, so that repeats are identical bit by bit.
 */
export function launchBackwardWeight(
  geometry: Geometry,
  { x, dy, dw }: { x: Placed; dy: Placed; dw: Placed },
  target: Target,
): Lowered {
  const { batch, x: input, y: output, window, tapRows } = geometry;
  const vectors =
    readsVectors(x.view, input.channels) &&
    readsVectors(dy.view, output.channels) &&
    output.channels % 4 === 0 &&
    aligned(dw.view);
  const variant = vectors ? VECTOR : SCALAR;
  // A tile of 8 input channels would compute those of a picture, 3 and one of padding, twice.
  const narrow = vectors && input.channels <= 4;
  const weightTile = narrow ? ([4, 8] as const) : variant.weightTile;
  const taps = window.kernel[0] * window.kernel[1];
  const lines = batch * output.height;
  const threads = taps * tiles(input.channels, output.channels, weightTile);
  const wanted = Math.ceil(target.parallelWorkgroups / Math.ceil(threads / WORKGROUP));
  const useful = Math.ceil((lines * output.width) / LEAST_PIXELS_PER_SPLIT);
  const splitLines = Math.ceil(lines / Math.max(1, Math.min(wanted, useful, lines)));
  const splits = Math.ceil(lines / splitLines);

  const groupRows = roundUp(input.channels, variant.lanes);
  const columns = output.channels;
  const rows = taps * groupRows;
  const parts: Placed<Scratch> = {
    value: { scratch: 'parts', elements: splits * rows * columns },
    view: { offset: 0, stride: columns, zeroPadded: false },
  };
  const to = splits === 1 ? dw : parts;
  const sum: Launch = {
    shader: variant.shader,
    entry: 'backward_weight',
    bind: { x: x.value, dy: dy.value, dw: to.value },
    params: {
      ...params(variant, geometry, { x: x.view, y: dy.view, w: to.view }),
      rows: lines,
      split_lines: splitLines,
      split_stride: (rows * columns) / variant.lanes,
      tap_rows: splits === 1 ? tapRows : groupRows,
    },
    constants: constants(geometry),
    ...(narrow && { variant: { TC: 1 } }),
    workgroups: grid(threads, splits, target),
  };
  if (splits === 1) return { launches: [sum] };

  const total: Launch = {
    shader: sumSplits,
    entry: 'forward',
    bind: { parts: parts.value, total: dw.value },
    params: {
      rows,
      columns,
      splits,
      group_rows: groupRows,
      total_group_rows: tapRows,
      total_stride: dw.view.stride,
      total_offset: dw.view.offset,
    },
    workgroups: foldWorkgroups(Math.ceil((rows * columns) / WORKGROUP), target.maxWorkgroupsPerDimension),
  };
  return { launches: [sum, total] };
}
