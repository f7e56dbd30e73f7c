import { group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { SCALE } from '../core/variable';
import type { VariableGroup } from '../optim/groups';

/** A factor on the rate of some variables. */
interface RateOf {
  readonly match: string;
  readonly rateScale: number;
}

/** What a run begins with, and which variables it trains otherwise than others. */
export interface FineTuning {
  /** The weights that it begins with: a file, or the folder of a run. Default: new ones. */
  readonly from?: string;
  /** Variables that do not come from there. */
  readonly fresh?: readonly string[];
  /** Steps before which only these are trained. */
  readonly unfreezeAfter?: number;
  /** Names, or patterns, of variables that stay as they are. */
  readonly freeze?: readonly string[];
  readonly rateOf?: readonly RateOf[];
}

export const FINE_TUNING: Rules<FineTuning> = {
  from: is.text,
  fresh: is.list(is.text),
  unfreezeAfter: is.whole(1),
  freeze: is.list(is.text),
  rateOf: is.list(group<RateOf>({ match: is.needed(is.text), rateScale: is.needed(SCALE) })),
};

/** That part of wishes; what was left out stays so. */
export const fineTuningOf = (wishes: FineTuning): FineTuning =>
  Object.fromEntries(
    Object.entries(wishes).filter(([name, value]) => name in FINE_TUNING && value !== undefined),
  );

/** What a run does differently to some variables. */
export function groupsOf(settings: FineTuning & { readonly recipe: string }): VariableGroup[] {
  const { recipe, freeze = [], rateOf = [], fresh = [], unfreezeAfter } = settings;
  return [
    ...(recipe === 'caffe' ? [{ match: '*.bias', rateScale: 2, decayScale: 0 }] : []),
    ...rateOf,
    ...freeze.map((match) => ({ match, trainable: false })),
    ...(unfreezeAfter === undefined
      ? []
      : [
          { match: '*', from: unfreezeAfter },
          { match: fresh, from: 0 },
        ]),
  ];
}
