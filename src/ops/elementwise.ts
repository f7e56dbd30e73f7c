import type { Launch, Target, View } from '../core/op';
import { foldWorkgroups } from '../core/rows';

const WG = 256;

/** The grid of a kernel that gives each thread one unit of work, most often one element. */
export function onePerThread(units: number, target: Target): Pick<Launch, 'constants' | 'workgroups'> {
  return {
    constants: { WG },
    workgroups: foldWorkgroups(Math.ceil(units / WG), target.maxWorkgroupsPerDimension),
  };
}

/** The fields of `Params` that say where tensors lie: `x_stride` and `x_offset` for the key `x`. */
export function places(views: Readonly<Record<string, View | undefined>>): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const [name, view] of Object.entries(views)) {
    fields[`${name}_stride`] = view?.stride ?? 0;
    fields[`${name}_offset`] = view?.offset ?? 0;
  }
  return fields;
}
