import type { Launch, Target } from '../core/op';
import shader from '../../shaders/accumulate.wgsl';
import { onePerThread } from '../lowering/elementwise';

/** total += dw over flat buffers of `elements` numbers, a multiple of 4. */
export function accumulate(elements: number, target: Target): Launch {
  return {
    shader,
    entry: 'add',
    bind: { dw: { flat: 'gradients' }, total: { flat: 'total' } },
    params: { count: elements / 4 },
    ...onePerThread(elements / 4, target),
  };
}
