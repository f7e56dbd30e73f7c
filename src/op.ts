// What an op's author needs beside `inception-webgpu`, in an entry of its own: `inception-webgpu/op`. Names only.
export { checkOptions, type Rules } from './core/options';
export * as is from './core/rules';
export type { Needed, Rule } from './core/rules';
export { ROWS } from './core/order';
export { channelsOf, foldWorkgroups, rowsOf } from './core/rows';
export { formatShape, requireRank, sameShape, sizeOf, windowOutput } from './core/shape';
export { defineOp } from './lowering/define_op';
export { lanesOf, onePerNumber, onePerThread, places, VECTORS } from './lowering/elementwise';
export {
  inFaceOrder,
  requireFaceOrder,
  requireFeatures,
  requireSameOrder,
  specOf,
} from './lowering/features';
export { requireFloat } from './lowering/require';
