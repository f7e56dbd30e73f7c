import { bytesOf } from '../core/dtype';
import type { Launch, Target } from '../core/op';
import { requireFunction, requireObject } from '../core/check';
import { ValueError } from '../core/errors';
import type { Rules } from '../core/options';
import * as is from '../core/rules';
import type { FlatLayout } from '../core/variable';
import assign from '../../shaders/assign.wgsl';
import average from '../../shaders/average.wgsl';
import { accumulate } from './accumulate';
import type { Average } from './average';
import { chunkCount, chunkTable } from './chunks';
import { findNotFinite } from './find_not_finite';
import { gradientNorm, HALTED, partialSums, REPORT_WORDS } from './gradient_norm';
import type { Optimizer } from './optimizer';
import { updateLaunch } from './rule';

/** The name of the slot that a running average is. */
export const AVERAGE = 'average';

/** Who lies where in the flat buffers that an update works on. */
export interface UpdateLayouts {
  readonly variables: FlatLayout;
  /** The trained variables: their gradients, and each slot. */
  readonly gradients: FlatLayout;
  /** The variables that the forward part assigns, if any. */
  readonly state?: FlatLayout | undefined;
}

/** What an update does besides the rule of the optimizer. */
export interface StageOptions {
  /** Largest global norm of the gradients; larger ones are scaled down to it. Default: any. */
  readonly clip?: number | undefined;
  /** Parts that a batch comes in, whose gradients are added up. Default 1. */
  readonly microBatches?: number | undefined;
  /** Losses of a step, of all micro-batches, that lie in the report and are watched. Default 0. */
  readonly losses?: number | undefined;
  /** Keeps a running average of the trained variables. */
  readonly average?: Average | undefined;
}

/** What becomes of gradients: all that an update allocates and launches, as data. Nobody else knows kinds of optimizers. */
export interface UpdateStage {
  /** Names of the slots: those of the optimizer, and of a running average. */
  readonly slots: readonly string[];
  /** Flat buffers laid out as the gradients are: the gradients, their total over micro-batches, the slots. */
  readonly flat: readonly string[];
  /** Bytes of each flat buffer, by name. */
  readonly bytes: Readonly<Record<string, number>>;
  /** What some of them hold from the beginning on. */
  readonly tables: Readonly<Record<string, Uint32Array<ArrayBuffer>>>;
  /** Adds a micro-batch's gradients to those before it; undefined where there is only one. */
  readonly accumulate: Launch | undefined;
  readonly update: readonly Launch[];
}

/** Bytes of what a step reports: the gradients' norm and so on, then the losses. */
export const reportBytes = (losses: number): number => bytesOf(REPORT_WORDS + losses, 'u32');

const CLIP = is.number({ above: 0 });

export const STAGE: Rules<StageOptions> = {
  clip: CLIP,
  microBatches: is.whole(1),
  losses: is.whole(0),
  average: (where, name, value) => {
    requireObject(where, name, value, ['name', 'settings']);
    requireFunction(where, `factor of ${name}`, (value as Partial<Average>).factor);
  },
};

/** @throws {ValueError} if nothing is trained, or `clip` makes no sense */
export function updateStage(
  optimizer: Optimizer,
  layouts: UpdateLayouts,
  { clip, microBatches = 1, losses = 0, average: averaged }: StageOptions,
  target: Target,
): UpdateStage {
  const { variables, gradients, state } = layouts;
  const { elements } = gradients;
  if (elements === 0)
    throw new ValueError('update', 'no variable is trained', undefined, 'leave one that is not frozen');
  if (clip !== undefined) CLIP('update', 'clip', clip);
  const slots = [...optimizer.slots, ...(averaged ? [AVERAGE] : [])];
  const total = microBatches > 1 ? 'total' : 'gradients';
  const flat = ['gradients', ...(microBatches > 1 ? [total] : []), ...slots];
  const tables: Record<string, Uint32Array<ArrayBuffer>> = { chunks: chunkTable(variables, gradients) };
  const count = chunkCount(tables['chunks']!);
  const own = { w: 'variables', dw: total, slots: optimizer.slots, chunks: 'chunks', count, clip: true };
  const update = [
    ...gradientNorm({ elements, losses, clip, of: total }, target),
    updateLaunch(optimizer.rule, optimizer.params, own, target),
  ];
  const layoutOf: Readonly<Record<string, FlatLayout | undefined>> = { ...layouts, [AVERAGE]: gradients };
  const further = (rule: typeof assign, w: string, dw: string): void => {
    const chunks = `chunks of ${dw}`;
    const table = chunkTable(layoutOf[w]!, layoutOf[dw]!);
    tables[chunks] = table;
    const updated = { w, dw, slots: [], chunks, count: chunkCount(table), clip: false };
    update.push(updateLaunch(rule, { unused: 0 }, updated, target));
  };
  if (averaged) further(average, AVERAGE, 'variables');
  if (state) {
    further(assign, 'variables', 'state');
    // All that is assigned must be finite too, before anything is changed.
    const spec = { shape: [state.elements], dtype: 'f32' } as const;
    const searched = { x: { flat: 'state' }, spec, view: { offset: 0, stride: 1 }, found: 'report' };
    update.unshift(findNotFinite(searched, HALTED, target));
  }
  return {
    slots,
    flat,
    bytes: {
      ...Object.fromEntries(flat.map((name) => [name, bytesOf(elements)])),
      ...(state && { state: bytesOf(state.elements) }),
      ...Object.fromEntries(Object.entries(tables).map(([name, { byteLength }]) => [name, byteLength])),
      sums: bytesOf(partialSums(elements)),
      report: reportBytes(losses),
    },
    tables,
    accumulate: microBatches > 1 ? accumulate(elements, target) : undefined,
    update,
  };
}
