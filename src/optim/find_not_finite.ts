import type { Flat, Launch, Target, TensorSpec, Value, View } from '../core/op';
import { channelsOf, rowsOf } from '../core/rows';
import shader from '../../shaders/find_not_finite.wgsl';
import { onePerThread } from '../lowering/elementwise';

/** A tensor to be looked through: the memory it lies in, and where there. */
export interface Searched {
  readonly x: Value | Flat;
  readonly spec: TensorSpec;
  readonly view: Pick<View, 'offset' | 'stride'>;
  /** The flat buffer that counts are added to. Default: one of this name. */
  readonly found?: string;
}

/** Adds how many numbers of a tensor are not finite to the `place`-th word of `found`. */
export function findNotFinite(
  { x, spec, view, found = 'found' }: Searched,
  place: number,
  target: Target,
): Launch {
  const [rows, columns] = [rowsOf(spec), channelsOf(spec)];
  return {
    shader,
    entry: 'find',
    bind: { x, found: { flat: found } },
    params: { rows, columns, x_stride: view.stride, x_offset: view.offset, place },
    ...onePerThread(rows * columns, target),
  };
}
