import type { Node, Value } from '../core/op';
import { atOnce, type Sliced } from '../core/slices';
import { fuseBiasRelu } from './fusions/bias_relu';
import { fuseGradientSums } from './fusions/gradient_sums';
import { fuseMergedWeights } from './fusions/merged_weights';
import { fuseReluMasks } from './fusions/relu_masks';
import type { Fusion, FusionContext } from './fusions/rewriting';
import { fuseWeightGradients } from './fusions/weight_gradients';
import type { Graph } from './graph';
import type { FlatPlace } from './flat';

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

export const isFused = (options: FuseOptions, name: FusionName): boolean =>
  typeof options === 'boolean' ? options : (options[name] ?? true);

/** What rewrites may know of a graph. Values in `kept` must exist after a run. */
export function fusionContext(
  { gradients }: Graph,
  placeOf: (value: Value) => FlatPlace | undefined,
  kept: ReadonlySet<Value>,
): FusionContext {
  const ofVariables = [...gradients].filter(([{ role }]) => role === 'variable');
  const variables = new Map(ofVariables.map(([variable, gradient]) => [gradient, variable]));
  return { kept, placeOf, variableOf: (gradient) => variables.get(gradient) };
}

/** Rewrites nodes so that fewer dispatches compute the same values. */
export const fuse = (nodes: readonly Node[], context: FusionContext, options: FuseOptions = true): Node[] =>
  atOnce(fuseInSlices(nodes, context, options));

/** See `fuse`. */
export function* fuseInSlices(
  nodes: readonly Node[],
  context: FusionContext,
  options: FuseOptions,
): Sliced<Node[]> {
  let list = [...nodes];
  for (const name of REWRITES) {
    if (!isFused(options, name)) continue;
    list = FUSIONS[name](list, context);
    yield;
  }
  return list;
}
