import type { GraphNode } from '../core/op';
import { group, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { Sliced } from '../core/slices';
import { fuseBiasRelu } from './fusions/bias_relu';
import { fuseGradientSums } from './fusions/gradient_sums';
import { fuseMergedWeights } from './fusions/merged_weights';
import { fuseReluMasks } from './fusions/relu_masks';
import type { Fusion, FusionContext } from './fusions/rewriting';
import { fuseWeightGradients } from './fusions/weight_gradients';

/** In the order of application: later ones look for what earlier ones leave. */
const FUSIONS = {
  biasRelu: fuseBiasRelu,
  gradientSums: fuseGradientSums,
  reluMasks: fuseReluMasks,
  mergedWeights: fuseMergedWeights,
  weightGradients: fuseWeightGradients,
} as const satisfies Record<string, Fusion>;

/**
 * Names of the rewrites; `src/graph/fusions` says what each does. `branchesInPlace` is the layout's: branches lie in
 * what they are concatenated into, and slices in what they are cut from.
 */
export type FusionName = keyof typeof FUSIONS | 'branchesInPlace';

const REWRITES = Object.keys(FUSIONS) as readonly (keyof typeof FUSIONS)[];

export const FUSION_NAMES: readonly FusionName[] = [...REWRITES, 'branchesInPlace'];

/** All rewrites, none, or all but those named with `false`. */
export type FuseOptions = boolean | Readonly<Partial<Record<FusionName, boolean>>>;

const NAMED = group(
  Object.fromEntries(FUSION_NAMES.map((name) => [name, is.flag])) as Rules<Record<string, boolean>>,
);

/** What `fuse` may be. */
export const FUSE: is.Rule = (where, name, value) =>
  typeof value === 'boolean' ? undefined : NAMED(where, name, value);

export const isFused = (options: FuseOptions, name: FusionName): boolean =>
  typeof options === 'boolean' ? options : (options[name] ?? true);

/** Rewrites nodes so that fewer dispatches compute the same values. */
export function* fuse(
  nodes: readonly GraphNode[],
  context: FusionContext,
  options: FuseOptions,
): Sliced<readonly GraphNode[]> {
  let list = nodes;
  for (const name of REWRITES) {
    if (!isFused(options, name)) continue;
    list = FUSIONS[name](list, context);
    yield;
  }
  return list;
}
