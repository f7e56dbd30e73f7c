import type { Launch, Target } from '../core/op';
import { ShaderError } from '../core/errors';
import { foldWorkgroups } from '../core/rows';
import type { ShaderModule } from '../core/shader';
import frame from '../../shaders/update.wgsl';

const STAND_IN = /^\/\/ @rule$[^]*?^\/\/ @end$/m;

/** Slots that a rule can have: update.wgsl has an entry for each number of them, from 0 on. */
export const MOST_SLOTS = Object.keys(frame.entries).length - 1;

/** update.wgsl with an optimizer's rule in place of the one that stands there; so no rule repeats what is around it. */
export function withRule(rule: ShaderModule): ShaderModule {
  if (!rule.structs.Params || !/\bfn rule *\(/.test(rule.source)) {
    throw new ShaderError(rule.file, 'must have a struct Params and a function rule, as update.wgsl has');
  }
  return {
    ...frame,
    file: rule.file,
    source: frame.source.replace(STAND_IN, () => rule.source),
    structs: { ...frame.structs, ...rule.structs },
  };
}

/** What an update changes: flat buffers, by name. */
export interface Updated {
  readonly w: string;
  readonly dw: string;
  /** The slots' own, in the order that the rule counts them in. */
  readonly slots: readonly string[];
  /** The table that `chunkTable` made, and how many chunks it has. */
  readonly chunks: string;
  readonly count: number;
  /** Whether dw is a gradient, to be clipped. */
  readonly clip: boolean;
}

/** One dispatch that changes all variables, or all averages of them, by a rule. */
export function updateLaunch(
  rule: ShaderModule,
  params: Readonly<Record<string, number>>,
  { w, dw, slots, chunks, count, clip }: Updated,
  target: Target,
): Launch {
  const bound = slots.map((flat, index) => [`slot${index}`, { flat }] as const);
  return {
    shader: withRule(rule),
    entry: `update_${slots.length}`,
    bind: {
      w: { flat: w },
      dw: { flat: dw },
      chunks: { flat: chunks },
      report: { flat: 'report' },
      ...Object.fromEntries(bound),
    },
    params,
    constants: { WG: 256, CLIP: clip },
    workgroups: foldWorkgroups(count, target.maxWorkgroupsPerDimension),
  };
}
