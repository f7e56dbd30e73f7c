import { places } from '../../lowering/elementwise';
import { launchTouches } from '../../lowering/epilogue';
import {
  UNUSED,
  pixels,
  type BackwardInputProblem,
  type BackwardWeightProblem,
  type ForwardProblem,
  type Geometry,
  type Parts,
} from './problem';

/** What the kernels of a form all bind, are told and override. Channels and places count `lanes` elements. */

export const channels = ({ x, y }: Geometry, lanes: 1 | 4 = 4) => ({
  ci: Math.ceil(x.channels / lanes),
  co: Math.ceil(y.channels / lanes),
});

const planes = ({ x, y }: Geometry) => ({ x_h: x.height, x_w: x.width, y_h: y.height, y_w: y.width });

/** Parameters of the other form, where two forms share a struct. */
export const NO_REST = { b_offset: 0, rest_first: 0, rest_stride: 0, rest_offset: 0 };
export const NO_TOUCHES = { add_stride: 0, add_offset: 0, mask_stride: 0, mask_offset: 0 };

export const forwardOperands = ({ geometry, x, w, b, y, rest, relu }: ForwardProblem, lanes: 1 | 4 = 4) => ({
  // A variable always needs a buffer: without a bias the weights stand in, unread.
  bind: { x: x.value, w: w.value, b: (b ?? w).value, y: y.value, rest: rest?.value ?? UNUSED },
  params: {
    rows: pixels(geometry, 'y'),
    ...planes(geometry),
    ...places({ x: x.view, y: y.view, w: w.view, rest: rest?.view }, lanes),
    b_offset: (b?.view.offset ?? 0) / lanes,
    rest_first: (rest?.first ?? 0) / lanes,
  },
  constants: { BIAS: b !== undefined, RELU: relu, REST: rest !== undefined },
});

export function backwardInputOperands(problem: BackwardInputProblem, lanes: 1 | 4 = 4) {
  const { geometry, dy, w, dx, add, mask } = problem;
  const touches = launchTouches({ ...(add && { add }), ...(mask && { mask }) }, w.value);
  return {
    bind: { dy: dy.value, w: w.value, dx: dx.value, ...touches.bind },
    params: {
      rows: pixels(geometry, 'x'),
      ...planes(geometry),
      ...places({ x: dx.view, y: dy.view, w: w.view, ...touches.views }, lanes),
    },
    constants: touches.constants,
  };
}

export const backwardWeightOperands = (
  { geometry, x, dy, db }: BackwardWeightProblem,
  { to, splitStride, biasOffset }: Parts,
  lanes: 1 | 4 = 4,
) => ({
  bind: { x: x.value, dy: dy.value, dw: to.value },
  params: {
    ...planes(geometry),
    ...channels(geometry, lanes),
    split_stride: splitStride / lanes,
    ...places({ x: x.view, y: dy.view, w: to.view }, lanes),
    bias_offset: (biasOffset ?? 0) / lanes,
  },
  constants: { BIAS: db !== undefined },
});
