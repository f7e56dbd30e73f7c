import type { Launch, Target, TensorSpec, View } from '../core/op';
import { channelsOf, foldWorkgroups, rowsOf } from '../core/rows';

const WG = 256;

/** What kernels call a `number`, for `Launch.variant`: 4 neighbouring channels instead of one. */
export const VECTORS = { number: 'vec4f' } as const;

/**
 * Channels that a thread can take at once: 4 if each row of all these tensors is whole vectors, else 1.
 * @param channels of a row
 * @param views where the tensors lie that the kernel reads and writes
 */
export function lanesOf(channels: number, views: Readonly<Record<string, View | undefined>>): 1 | 4 {
  const steps = Object.values(views).flatMap((view) => (view ? [view.stride, view.offset] : []));
  return [channels, ...steps].every((elements) => elements % 4 === 0) ? 4 : 1;
}

/**
 * The grid of a kernel that gives each thread one unit of work, most often one number. The kernel declares
 * `override WG: u32 = 256;` and finds its unit as `id.y * groups.x * WG + id.x`.
 * @param units of work
 * @param target as `lower` is given it
 */
export function onePerThread(units: number, target: Target): Pick<Launch, 'constants' | 'workgroups'> {
  return {
    constants: { WG },
    workgroups: foldWorkgroups(Math.ceil(units / WG), target.maxWorkgroupsPerDimension),
  };
}

/**
 * The fields of `Params` that say where tensors lie, in numbers: `x_stride` and `x_offset` for the key `x`.
 * @param views by the kernel's names; 0 for one that is undefined
 * @param lanes channels that a number has
 */
export function places(
  views: Readonly<Record<string, View | undefined>>,
  lanes: 1 | 2 | 4 = 1,
): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const [name, view] of Object.entries(views)) {
    fields[`${name}_stride`] = (view?.stride ?? 0) / lanes;
    fields[`${name}_offset`] = (view?.offset ?? 0) / lanes;
  }
  return fields;
}

/**
 * All of a launch but its shader and its tensors, for a kernel that treats all channels alike and gives each thread a
 * number of `written`: an element, or a vector of 4 where all `views` allow it.
 * @param target as `lower` is given it
 * @param vectors what the kernel replaces where a number is a vector of 4
 */
export function onePerNumber(
  written: TensorSpec,
  views: Readonly<Record<string, View | undefined>>,
  target: Target,
  vectors: Readonly<Record<string, string>> = VECTORS,
): Pick<Launch, 'params' | 'constants' | 'variant' | 'workgroups'> {
  const lanes = lanesOf(channelsOf(written), views);
  const channels = channelsOf(written) / lanes;
  const count = rowsOf(written) * channels;
  return {
    params: { count, channels, ...places(views, lanes) },
    ...(lanes === 4 && { variant: vectors }),
    ...onePerThread(count, target),
  };
}
