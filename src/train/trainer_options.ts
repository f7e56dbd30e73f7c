import type { Value } from '../core/op';
import { requireObject, shown } from '../core/check';
import { ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { Average } from '../optim/average';
import { STAGE } from '../optim/stage';
import type { VariableGroup } from '../optim/groups';
import { requireOptimizer, type Optimizer } from '../optim/optimizer';
import { FUSE, type FuseOptions } from '../graph/fuse_options';
import type { Graph } from '../graph/graph';
import type { RecomputeOptions } from '../graph/plan_nodes';
import type { Checkpoint } from '../io/checkpoint';
import { checkState } from '../io/checkpoint_state';
import type { OnCompileProgress } from '../runtime/compile_kernels';
import { PROGRAM } from '../runtime/program_options';
import { INITIAL, type InitialWeights, type Parameters } from '../runtime/parameters';
import type { Tuning } from '../runtime/tuning/tune';
import type { Head, Loss } from './loss';
import { NETWORK, OUTPUTS } from './losses';
import type { Schedule } from './schedule';

/** A network with its heads, and how it is trained. */
export interface TrainerOptions {
  readonly graph: Graph;
  /** The graph's input, (N, C, H, W), or (N, 1, H, W) of packed pixels in u32. */
  readonly images: Value;
  /**
   * Parts of N images that make a batch: their gradients are added up before the update, so that a batch need not fit
   * into memory. The result is that of one large batch within rounding, with the same dropout. Default 1.
   */
  readonly microBatches?: number;
  readonly heads: readonly Head[];
  /** What the heads' scores are held against. Default: `classNumbers()`. */
  readonly loss?: Loss;
  /** What `sgd`, `adam` and other functions make. */
  readonly optimizer: Optimizer;
  /** Learning rate, fixed or for each step. Default: the optimizer's own. */
  readonly rate?: number | Schedule;
  /** Freezes some variables, or gives them a rate or decay of their own. Default: what they say of themselves. */
  readonly groups?: readonly VariableGroup[];
  /** Keeps a running average of the weights; see `Trainer.averaged`. Default: none. */
  readonly average?: Average;
  /** Largest global norm of the gradients; larger ones are scaled down to it. Default: any. */
  readonly clip?: number;
  /** Steps that may be on their way to the GPU and back at once, 1 to 1024. Default 2. */
  readonly stepsInFlight?: number;
  /** Seed of initial weights and dropout. Default 0. */
  readonly seed?: number;
  /** How weights are drawn; not with `parameters`, which gives them. Default `he`. */
  readonly initial?: InitialWeights;
  /** Weights to go on from; the caller keeps them. Default: new ones. */
  readonly parameters?: Parameters;
  /** Times the kernels first, to take the fastest: the function `tune`, or one that calls it. Default: shipped choices. */
  readonly tune?: Tuning;
  /**
   * Goes on where this checkpoint was taken: weights, slots, step, seed, and the kernels it was computed with. The rate
   * is asked for by the number of the step, and the batches are to go on at its cursor.
   */
  readonly resume?: Checkpoint;
  /** Values to keep readable after a step, besides losses and scores; see `ProgramOptions.keep`. */
  readonly keep?: readonly (Value | string)[] | 'all';
  /** See `ProgramOptions.fuse`. */
  readonly fuse?: FuseOptions;
  /** Seconds that a step may keep the device busy at a stretch; see `ProgramOptions.submitSeconds`. */
  readonly submitSeconds?: number;
  /** See `ProgramOptions.recompute`. */
  readonly recompute?: RecomputeOptions;
  /** What the network lacks for training; one that was made for classifying says so. See `Trainer.notes`. */
  readonly lacks?: string;
  /** Told of each kernel that is compiled, while `create` is under way; `total` may grow. */
  readonly onProgress?: OnCompileProgress;
}

/** See `Trainer.notes`. */
export function notesOn({ lacks, resume, seed, initial, parameters }: TrainerOptions): string[] {
  const notes = lacks === undefined ? [] : [lacks];
  if (!resume) return notes;
  const given = [
    seed !== undefined && seed !== resume.seed && `seed ${seed}`,
    initial !== undefined && 'initial',
    parameters && "the parameters' numbers",
  ].filter((each) => typeof each === 'string');
  if (given.length > 0)
    notes.push(
      `the checkpoint that it goes on from, of seed ${resume.seed}, has its own in place of ${given.join(', ')}`,
    );
  return notes;
}

/** A rate, or a schedule whose rates each step checks. */
export const RATE = is.number({ least: 0 });

/** A checkpoint that makes sense; whether it fits is seen as it is written. */
export const RESUME: is.Rule = (where, name, value) => {
  requireObject(where, name, value, ['weights', 'slots']);
  const { weights, slots, ...state } = value as Checkpoint;
  for (const [part, map] of Object.entries<unknown>({ weights, slots })) {
    const tensors =
      part === 'slots' && map instanceof Map ? [map, ...(map as Checkpoint['slots']).values()] : [map];
    if (!tensors.every((each) => each instanceof Map))
      throw new ValueError(where, `${name}: ${part} must be a Map`, shown(map));
  }
  checkState(state);
};

const RULES: Rules<TrainerOptions> = {
  ...OUTPUTS,
  ...NETWORK,
  microBatches: is.whole(1),
  optimizer: is.needed((_where, _name, value) => requireOptimizer(value)),
  rate: (where, name, value) => (typeof value === 'function' ? undefined : RATE(where, name, value)),
  groups: is.anything, // checked by `applyGroups`
  average: STAGE.average,
  clip: is.anything, // checked by the update
  stepsInFlight: is.whole(1, 1024),
  seed: is.seed,
  initial: INITIAL,
  parameters: is.having('buffer', 'layout'),
  tune: is.callable,
  resume: RESUME,
  keep: PROGRAM.keep,
  fuse: FUSE,
  submitSeconds: is.anything, // checked by the program
  recompute: PROGRAM.recompute,
  onProgress: is.callable,
};

/** @throws {ValueError} naming the option that makes no sense, or that nobody knows */
export const checkTrainerOptions = (options: TrainerOptions): void => checkOptions('trainer', options, RULES);
