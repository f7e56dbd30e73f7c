import { group, type Rules } from '../core/options';
import * as is from '../core/rules';

/** In the order of application: later ones look for what earlier ones leave. */
export const REWRITES = [
  'biasRelu',
  'gradientSums',
  'reluMasks',
  'mergedWeights',
  'weightGradients',
] as const;

export type Rewrite = Exclude<FusionName, 'branchesInPlace'>;

/**
 * Names of the rewrites; `src/graph/fusions` says what each does. `branchesInPlace` is the layout's: branches lie in
 * what they are concatenated into, and slices in what they are cut from.
 */
export type FusionName = (typeof REWRITES)[number] | 'branchesInPlace';

export const FUSION_NAMES: readonly FusionName[] = [...REWRITES, 'branchesInPlace'];

/** All rewrites, none, or all but those named with `false`. */
export type FuseOptions = boolean | Readonly<Partial<Record<FusionName, boolean>>>;

/** What `fuse` may be. */
export const FUSE: is.Rule = (where, name, value) =>
  typeof value === 'boolean'
    ? undefined
    : group(
        Object.fromEntries(FUSION_NAMES.map((each) => [each, is.flag])) as Rules<Record<string, boolean>>,
      )(where, name, value);

export const isFused = (options: FuseOptions, name: FusionName): boolean =>
  typeof options === 'boolean' ? options : (options[name] ?? true);
