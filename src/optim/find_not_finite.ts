import type { Flat, Launch, Target, TensorSpec, Value, View } from '../core/op';
import { channelsOf, rowsOf } from '../core/rows';
import shader from '../../shaders/find_not_finite.wgsl';
import { onePerThread } from '../lowering/elementwise';

/** A tensor to be looked through: the memory it lies in, and where there. */
export interface Searched {
  readonly x: Value | Flat;
  readonly spec: TensorSpec;
  readonly view: Pick<View, 'offset' | 'stride'>;
}

/** Counts the numbers of a tensor that are not finite, into the `place`-th word of `found`. */
export function findNotFinite({ x, spec, view }: Searched, place: number, target: Target): Launch {
  const [rows, columns] = [rowsOf(spec), channelsOf(spec)];
  return {
    shader,
    entry: 'find',
    bind: { x, found: { flat: 'found' } },
    params: { rows, columns, x_stride: view.stride, x_offset: view.offset, place },
    ...onePerThread(rows * columns, target),
  };
}
