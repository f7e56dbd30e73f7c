import type { Launch, Scratch, Target, View } from '../../core/op';
import { candidatesFor } from './choose';
import type { BackwardInputProblem, ConvKernel, ForwardProblem, Geometry, Viewed } from './problem';
import { quadBackwardInput, quadForward } from './quad';
import { tileForward } from './tile_forward';
import { tileBackwardInput } from './tile_input';

/** A batch of matrix products: `rows` rows of v by a matrix u of `inner` rows give rows of m, `count` times. */
export interface Products {
  readonly count: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** The matrices of all products, dense, one after the other. */
export const operandsOf = ({ count, rows, inner, columns }: Products) => ({
  v: { scratch: 'v', elements: count * rows * inner },
  u: { scratch: 'u', elements: count * inner * columns },
  m: { scratch: 'm', elements: count * rows * columns },
});

const dense = (value: Scratch, stride: number): Viewed<Scratch> => {
  const view: View = { offset: 0, stride, zeroPadded: false };
  return { value, view };
};

/** One product is a 1x1 convolution of a line of pixels. */
const line = (rows: number, ci: number, co: number): Geometry => ({
  batch: 1,
  x: { height: 1, width: rows, channels: ci },
  y: { height: 1, width: rows, channels: co },
  window: { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] },
  tapRows: ci,
});

function forwardProblem(products: Products): ForwardProblem {
  const { rows, inner, columns } = products;
  const { v, u, m } = operandsOf(products);
  const placed = { x: dense(v, inner), w: dense(u, columns), y: dense(m, columns) };
  return { form: 'forward', geometry: line(rows, inner, columns), ...placed, relu: false };
}

function backwardProblem(products: Products): BackwardInputProblem {
  const { rows, inner, columns } = products;
  const { v, u, m } = operandsOf(products);
  // Rows of the weights are x's channels, which are written here.
  const placed = { dy: dense(v, inner), w: dense(u, inner), dx: dense(m, columns) };
  return { form: 'backward_input', geometry: line(rows, columns, inner), ...placed };
}

/** Kernels, and overrides that tell them that z counts products. */
const KERNELS = {
  quads: { forward: [quadForward], back: [quadBackwardInput], constants: {} },
  tiles: { forward: tileForward, back: tileBackwardInput, constants: { PRODUCTS: true } },
};

export type Multiply = (products: Products) => Launch;

/**
 * How to compute products of these sizes, or of fewer rows, by kernels of a kind: m = v * u or, `back`, v * transposed u.
 * Undefined if none of them can on this target.
 */
export function multiplyBy(
  kind: keyof typeof KERNELS,
  most: Products,
  back: boolean,
  target: Target,
): Multiply | undefined {
  const { forward, back: backward, constants } = KERNELS[kind];
  const one = back
    ? multiplyOne(backward, backwardProblem, most, target)
    : multiplyOne(forward, forwardProblem, most, target);
  return (
    one &&
    ((products) => {
      const launch = batch(one(products), products);
      return { ...launch, constants: { ...launch.constants, ...constants } };
    })
  );
}

/** The same for one of the products. */
function multiplyOne<P extends ForwardProblem | BackwardInputProblem>(
  kernels: readonly ConvKernel<P>[],
  problemOf: (products: Products) => P,
  most: Products,
  target: Target,
): Multiply | undefined {
  const launches = (kernel: ConvKernel<P>) => (products: Products) =>
    kernel.launches([problemOf(products)], target)[0] as Launch;
  return (
    candidatesFor(kernels, problemOf(most), target, most.count)
      .map(launches)
      // Rows must do without the grid's z, which counts products.
      .find((launch) => launch(most).workgroups[2] === 1)
  );
}

/** A launch of one product as one of all. */
function batch(launch: Launch, { count, rows, inner, columns }: Products): Launch {
  const [x, y] = launch.workgroups;
  const { x_stride = 0, y_stride = 0 } = launch.params;
  const apart = {
    x_product: rows * x_stride,
    w_product: (inner * columns) / 4,
    y_product: rows * y_stride,
  };
  return { ...launch, params: { ...launch.params, ...apart }, workgroups: [x, y, count] };
}
