import type { Flat, Launch, Scratch, Target, Value, View } from '../../core/op';
import type { SlidingWindow } from '../../core/shape';
import type { Viewed } from '../../lowering/epilogue';

export type { Viewed } from '../../lowering/epilogue';

/** Sizes of a convolution; a linear layer is one with a 1x1 window over a single line of images. */
export interface Geometry {
  readonly batch: number;
  readonly x: { readonly height: number; readonly width: number; readonly channels: number };
  readonly y: { readonly height: number; readonly width: number; readonly channels: number };
  readonly window: SlidingWindow;
  /** Rows of the weight matrix from one tap of the window to the next. */
  readonly tapRows: number;
}

/** A tensor of the graph, or working memory of a kernel made of several. */
type Operand = Value | Scratch;

/** y = convolution of x by w, plus b per output channel where given, then ReLU if asked. */
export interface ForwardProblem {
  readonly form: 'forward';
  readonly geometry: Geometry;
  readonly x: Viewed<Operand>;
  readonly w: Viewed<Operand>;
  readonly b?: Viewed | undefined;
  readonly relu: boolean;
  readonly y: Viewed<Operand>;
  /** Where the output channels from `first` on go, as if `first` were their channel 0; y gets those before. */
  readonly rest?: (Viewed & { readonly first: number }) | undefined;
}

/** dx = dy convolved back through w, plus `add`, then 0 where `mask` is not above 0 (the gradient of ReLU). */
export interface BackwardInputProblem {
  readonly form: 'backward_input';
  readonly geometry: Geometry;
  readonly dy: Viewed<Operand>;
  readonly w: Viewed<Operand>;
  readonly dx: Viewed<Operand>;
  readonly add?: Viewed | undefined;
  readonly mask?: Viewed | undefined;
}

/** What a gradient of weights is written to: a value of the graph, or the flat buffer of gradients. */
export type Written = Value | Flat;

/** dw from x and dy; where asked for also db, the column sums of dy, which lies in the same buffer as dw. */
export interface BackwardWeightProblem {
  readonly form: 'backward_weight';
  readonly geometry: Geometry;
  readonly x: Viewed;
  readonly dy: Viewed;
  readonly dw: Viewed<Written>;
  readonly db?: Viewed<Written> | undefined;
}

export type ConvProblem = ForwardProblem | BackwardInputProblem | BackwardWeightProblem;

/** One way to compute a form of convolution: a shader with its tile sizes. */
export interface ConvKernel<P extends ForwardProblem | BackwardInputProblem> {
  /** Unique among the kernels of its form; stands in choices, benchmarks and reports. */
  readonly name: string;
  /** True if it can compute this problem, with these views, on this adapter. */
  supports(problem: P, target: Target): boolean;
  /** Kernels with a higher number are taken first; default 0. `times`: of so many such problems at once, default 1. */
  preference?(problem: P, target: Target, times?: number): number;
  /** How many images its working memory should hold at once; default all. */
  imagesAtOnce?(problem: P, target: Target): number;
  /** Launches for the parts of a problem, in order, that differ in their images only; the first has the most. */
  launches(parts: readonly P[], target: Target): readonly Launch[];
}

/** Where a weight gradient's partial sums go: `splits` matrices one after the other, or the gradient's own place. */
export interface Parts {
  readonly to: Viewed<Written | Scratch>;
  readonly splits: number;
  /** Elements from one split's matrix to the next. */
  readonly splitStride: number;
  /** Rows of `to` from one tap of the window to the next: the input channels, for kernels of vectors rounded up to 4. */
  readonly tapRows: number;
  /** Elements from the beginning of a split's matrix to the column sums of dy, where asked for. */
  readonly biasOffset: number | undefined;
}

/** One way to compute a weight gradient. The sum over pixels may be split; who calls adds the parts in order. */
export interface WeightKernel {
  readonly name: string;
  /** Output channels of a tile. */
  readonly columns: number;
  supports(problem: BackwardWeightProblem, target: Target): boolean;
  /** Kernels with a higher number are taken first; default 0. */
  preference?(problem: BackwardWeightProblem, target: Target): number;
  /** How many parts it wants the sum split into; at least 1. */
  splits(problem: BackwardWeightProblem, target: Target): number;
  launches(problem: BackwardWeightProblem, parts: Parts, target: Target): readonly Launch[];
}

const aligned = ({ stride, offset }: View): boolean => stride % 4 === 0 && offset % 4 === 0;

/** A tensor is read in vectors of 4 channels if its rows are, and if a last partial vector holds zeros. */
const readsVectors = (view: View, channels: number): boolean =>
  aligned(view) && (channels % 4 === 0 || view.zeroPadded);

const writesVectors = (view: View, channels: number): boolean => aligned(view) && channels % 4 === 0;

/** True if every tensor of the problem can be read and written in vectors of 4 channels. */
export function allowsVectors(problem: ConvProblem): boolean {
  const { x, y } = problem.geometry;
  switch (problem.form) {
    case 'forward':
      return (
        readsVectors(problem.x.view, x.channels) &&
        aligned(problem.w.view) &&
        writesVectors(problem.y.view, y.channels) &&
        (problem.b === undefined || problem.b.view.offset % 4 === 0) &&
        (problem.rest === undefined || (aligned(problem.rest.view) && problem.rest.first % 4 === 0))
      );
    case 'backward_input':
      return (
        readsVectors(problem.dy.view, y.channels) &&
        aligned(problem.w.view) &&
        writesVectors(problem.dx.view, x.channels) &&
        (problem.add === undefined || aligned(problem.add.view)) &&
        (problem.mask === undefined || aligned(problem.mask.view))
      );
    case 'backward_weight':
      return (
        readsVectors(problem.x.view, x.channels) &&
        writesVectors(problem.dy.view, y.channels) &&
        aligned(problem.dw.view)
      );
  }
}

/** Rows that a form sums over or writes: pixels of all images. */
export const pixels = (geometry: Geometry, plane: 'x' | 'y'): number =>
  geometry.batch * geometry[plane].height * geometry[plane].width;

export const tapsOf = ({ window: { kernel } }: Pick<Geometry, 'window'>): number => kernel[0] * kernel[1];

/** Of the formula, the same in all three forms. */
export const multiplyAddsOf = (geometry: Geometry): number =>
  pixels(geometry, 'y') * tapsOf(geometry) * geometry.x.channels * geometry.y.channels;

/** Overrides that say the shape of the window. */
export function windowConstants({ window, x, y }: Geometry): Record<string, number | boolean> {
  const [top, left, bottom, right] = window.padding;
  const [windowHeight, windowWidth] = window.kernel;
  const [strideHeight, strideWidth] = window.stride;
  // With a stride above 1, some input pixels may lie under no tap even where nothing is padded.
  const exact = x.height === y.height && x.width === y.width && windowHeight === 1 && windowWidth === 1;
  return {
    KERNEL_H: windowHeight,
    KERNEL_W: windowWidth,
    STRIDE_H: strideHeight,
    STRIDE_W: strideWidth,
    PAD_TOP: top,
    PAD_LEFT: left,
    PADDED: !exact || top + left + bottom + right > 0,
  };
}

/**
 * Names a problem by what decides how fast a kernel is: form, sizes, window, and whether it can go in vectors.
 * What an epilogue does is left out: it costs little beside the products. Two layers with the same key get the same
 * kernel.
 */
export function problemKey(problem: ConvProblem): string {
  const { batch, x, y, window } = problem.geometry;
  const sizes = `${batch}x${x.height}x${x.width}x${x.channels}>${y.height}x${y.width}x${y.channels}`;
  const taps = `k${window.kernel.join('x')}s${window.stride.join('x')}p${window.padding.join('x')}`;
  const vectors = allowsVectors(problem) ? 'v4' : 'v1';
  return `${problem.form} ${sizes} ${taps} ${vectors}`;
}

/** An image: one vector of channels, so kernels take a line of the window at once instead of a block of channels. */
export const isFlat = ({ x, window }: Geometry): boolean => x.channels <= 4 && window.kernel[1] > 1;

/** The products of a batch lie this far apart (products.ts); a convolution is one product. */
export const ONE_PRODUCT = { x_product: 0, w_product: 0, y_product: 0 };

/** A second output that an entry point declares and a launch does not use. */
export const UNUSED: Scratch = { scratch: 'unused', elements: 64 };
