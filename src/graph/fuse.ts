import type { GraphNode } from '../core/op';
import type { Sliced } from '../core/slices';
import { isFused, REWRITES, type FuseOptions, type Rewrite } from './fuse_options';
import { fuseBiasRelu } from './fusions/bias_relu';
import { fuseGradientSums } from './fusions/gradient_sums';
import { fuseMergedWeights } from './fusions/merged_weights';
import { fuseReluMasks } from './fusions/relu_masks';
import type { Fusion, FusionContext } from './fusions/rewriting';
import { fuseWeightGradients } from './fusions/weight_gradients';

const FUSIONS: Readonly<Record<Rewrite, Fusion>> = {
  biasRelu: fuseBiasRelu,
  gradientSums: fuseGradientSums,
  reluMasks: fuseReluMasks,
  mergedWeights: fuseMergedWeights,
  weightGradients: fuseWeightGradients,
};

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
