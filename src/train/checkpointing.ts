import { ValueError } from '../core/errors';
import { group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { hashName } from '../core/random';
import { writeBuffer } from '../gpu/commands';
import type { Engine } from '../gpu/engine';
import type { Checkpoint, CheckpointState, NamedSettings } from '../io/checkpoint';
import { HALTED, REPORT_WORDS } from '../optim/gradient_norm';
import { readRanges } from '../runtime/buffers';
import type { FlatBuffer, NamedTensors } from '../runtime/flat_buffer';
import type { Program } from '../runtime/program';
import type { Update } from '../runtime/update';

/** What a checkpoint says beside what the trainer knows. */
export interface AboutRun {
  /** Where the data goes on. Default: images counted from the first step, in epoch 0. */
  readonly cursor?: CheckpointState['cursor'];
  /** What the run was asked for. Default: nothing. */
  readonly settings?: CheckpointState['settings'];
}

export const ABOUT: Rules<AboutRun> = {
  cursor: group<CheckpointState['cursor']>({
    epoch: is.needed(is.whole(0)),
    next: is.needed(is.whole(0)),
  }),
  settings: is.having(),
};

interface Run {
  readonly program: Program;
  readonly update: Update;
}

/** Weights and slots as they are once all work submitted so far is done, and whether the run is halted. */
export async function readTensors({ program, update }: Run, slots = update.slots) {
  const { parameters, report } = update;
  const flat = [parameters, ...slots.values()];
  // One copy, so that no step comes between.
  const bytes = await readRanges(
    program.engine,
    [...flat.map(({ buffer }) => buffer), report].map((buffer) => ({ buffer, offset: 0, size: buffer.size })),
  );
  const [weights, ...kept] = flat.map((each, index) => each.decode(bytes[index] as ArrayBuffer));
  return {
    weights: weights as NamedTensors,
    slots: new Map([...slots.keys()].map((name, index) => [name, kept[index] as NamedTensors])),
    halted: new Uint32Array(bytes.at(-1) as ArrayBuffer)[HALTED] !== 0,
  };
}

/**
 * Writes weights and slots, and lets a halted run go on.
 * @throws {ValueError | ShapeError} if the checkpoint is of another network or optimizer; then nothing is written
 */
export function writeTensors({ program, update }: Run, checkpoint: Checkpoint): void {
  const { parameters, slots, report, optimizer } = update;
  if (checkpoint.optimizer.name !== optimizer.name) {
    const got = `a checkpoint of ${checkpoint.optimizer.name}`;
    throw new ValueError('resume', `the optimizer is ${optimizer.name}`, got);
  }
  const unknown = [...checkpoint.slots.keys()].find((name) => !slots.has(name));
  if (unknown !== undefined) throw new ValueError('resume', 'the run keeps no such slot', unknown);
  const pairs: [FlatBuffer, NamedTensors][] = [[parameters, checkpoint.weights]];
  for (const [name, slot] of slots) {
    const kept = checkpoint.slots.get(name);
    if (!kept) throw new ValueError('resume', `the checkpoint lacks ${name}`);
    pairs.push([slot, kept]);
  }
  for (const [flat, tensors] of pairs) requireAll(flat, tensors, flat !== parameters);
  for (const [flat, tensors] of pairs) flat.write(tensors);
  writeBuffer(program.engine, report, 0, new Uint32Array(REPORT_WORDS));
}

function requireAll(flat: FlatBuffer, tensors: NamedTensors, isSlot: boolean): void {
  const { places } = flat.layout;
  const missing = [...places.keys()].find((name) => !tensors.has(name));
  const unknown = [...tensors.keys()].find((name) => !places.has(name));
  const other = missing ?? unknown;
  if (isSlot && other !== undefined) {
    const got = `${other}, which only ${missing === undefined ? 'that' : 'this'} run trains`;
    const problem = 'must train what the run of the checkpoint trained';
    throw new ValueError('resume', problem, got, 'give its groups');
  }
  if (missing !== undefined) throw new ValueError('resume', `the checkpoint lacks ${missing}`);
  if (unknown !== undefined) throw new ValueError('resume', 'the network has no parameter', unknown);
  flat.check(tensors);
}

/** Who updates: names and settings. */
export function namedSettings({ optimizer, options: { average } }: Update) {
  const named = ({ name, settings }: NamedSettings): NamedSettings => ({ name, settings });
  return { optimizer: named(optimizer), ...(average && { average: named(average) }) };
}

/** Which kernel computes each problem: what `byTable` takes. */
export const choicesOf = ({ program }: Run): Readonly<Record<string, string>> =>
  Object.fromEntries(
    program.plan.launches.flatMap(({ choice }) => (choice ? [[choice.problem, choice.kernel]] : [])),
  );

/** Changes with anything that decides a bit of the result: shaders, constants, sizes, order. */
export function planVersion({ program, update }: Run): string {
  const texts = new Map<string, number>();
  const told = [...program.plan.launches, ...update.planned].map(
    ({ shader, entry, constants, variant, params, workgroups, label }) => {
      const text = texts.get(shader.source) ?? hashName(shader.source);
      texts.set(shader.source, text);
      return [label, shader.file, text, entry, constants, variant, params, workgroups];
    },
  );
  const scaled = update.gradients.specs
    .filter(({ rateScale, decayScale, from = 0 }) => rateScale !== 1 || decayScale !== 1 || from > 0)
    .map(({ name, rateScale, decayScale, from }) => [name, rateScale, decayScale, ...(from ? [from] : [])]);
  return hashName(JSON.stringify([told, ...scaled]))
    .toString(16)
    .padStart(8, '0');
}

/** Where bits depend on who computes: adapter and browser. */
export const computedBy = ({ adapterName }: Engine): CheckpointState['adapter'] => ({
  name: adapterName,
  browser: (globalThis.navigator as Navigator | undefined)?.userAgent ?? 'none',
});

const settingsOf = ({ optimizer, average }: Pick<CheckpointState, 'optimizer' | 'average'>): string =>
  [optimizer, ...(average ? [average] : [])]
    .map(({ name, settings }) => `${name} ${JSON.stringify(Object.entries(settings).sort())}`)
    .join(', averaged ');

/** Why a run that goes on from a checkpoint will not have the very bits of one that was not interrupted. */
export function whyNotExact(checkpoint: Checkpoint, run: Run): string | undefined {
  const now = computedBy(run.program.engine);
  const { adapter, plan: planned } = checkpoint;
  const choices = choicesOf(run);
  const other = Object.keys(choices).find((problem) => planned.choices[problem] !== choices[problem]);
  const reason =
    adapter.name !== now.name
      ? `it was written on ${adapter.name}, this is ${now.name}`
      : adapter.browser !== now.browser
        ? `it was written in ${adapter.browser}, this is ${now.browser}`
        : other !== undefined
          ? `${other} was computed by ${planned.choices[other] ?? 'another kernel'}, now by ${choices[other] ?? ''}`
          : settingsOf(checkpoint) !== settingsOf(namedSettings(run.update))
            ? `it was written by ${settingsOf(checkpoint)}, this is ${settingsOf(namedSettings(run.update))}`
            : planned.version !== planVersion(run)
              ? 'it was written with other options, or by another version of the kernels'
              : undefined;
  return reason && `the run goes on from its checkpoint within rounding, not bit for bit: ${reason}`;
}
