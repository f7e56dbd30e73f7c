import type { TensorSpec } from './op';

/** Memory sees every tensor as rows of channels: a row is a pixel of (N, C, H, W), an image of (N, F), a label of (N). */
export function rowsOf({ shape }: TensorSpec): number {
  const [batch = 1, , height = 1, width = 1] = shape;
  return batch * height * width;
}

/** Length of a row in elements. */
export function channelsOf({ shape }: TensorSpec): number {
  return shape[1] ?? 1;
}

/**
 * Workgroups for `groups` units of work along x, folded into y where the adapter's limit per dimension is passed.
 * Kernels read the flat index as `id.y * num_workgroups.x * WG + id.x` and check it against their count.
 */
export function foldWorkgroups(groups: number, limit: number): readonly [number, number, number] {
  if (groups <= limit) return [groups, 1, 1];
  const layers = Math.ceil(groups / limit);
  return [Math.ceil(groups / layers), layers, 1];
}
