import type { Value } from '../core/op';
import { AbortError, EngineError, ValueError } from '../core/errors';
import { requireDevice, type Engine } from '../gpu/engine';
import { differentiate, weightedLosses } from '../graph/differentiate';
import type { FuseOptions } from '../graph/fuse';
import type { Graph } from '../graph/graph';
import type { Step } from '../core/step';
import { layers } from '../models/layers';
import { Parameters, type InitialWeights } from '../runtime/parameters';
import { profileProgram, type Profile } from '../runtime/profile';
import { Program } from '../runtime/program';
import { Update, type Optimizer } from '../runtime/update';
import { checkImages, checkLabels, type Pictures } from './check';
import type { Schedule } from './schedule';

/** A classifier at the end of the network: its loss enters the total with this weight. */
export interface Head {
  readonly name: string;
  /** (N, classes). */
  readonly scores: Value;
  readonly weight: number;
}

export interface TrainerOptions {
  readonly graph: Graph;
  /** The graph's input, (N, C, H, W), or (N, 1, H, W) of packed pixels in u32. */
  readonly images: Value;
  readonly heads: readonly Head[];
  readonly optimizer: Optimizer;
  /** Learning rate, fixed or for each step. */
  readonly rate: number | Schedule;
  /** Seed of initial weights and dropout. Default 0. */
  readonly seed?: number;
  readonly initial?: InitialWeights;
  /** Weights to go on from; the caller keeps them. Default: new ones. */
  readonly parameters?: Parameters;
  /** Values to keep readable after a step, besides losses and scores. */
  readonly keep?: readonly Value[] | 'all';
  /** See `ProgramOptions.fuse`. */
  readonly fuse?: FuseOptions;
}

export interface StepLosses {
  /** Number of the step, from 0. */
  readonly step: number;
  readonly rate: number;
  /** Weighted sum of the heads' losses. */
  readonly total: number;
  /** Mean cross-entropy of each head. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface Batch {
  /** (N, C, H, W) in PyTorch's order, or bytes (N, H, W, RGBA) for packed input. */
  readonly images: Pictures;
  /** N class numbers. */
  readonly labels: ArrayLike<number>;
}

export interface FitOptions {
  readonly steps: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (losses: StepLosses) => void | Promise<void>;
  /** Wants the second step (the first, if it is the only one) timed launch by launch. */
  readonly onProfile?: (profile: Profile) => void | Promise<void>;
}

/** Trains a graph: forward, backward and update in one submit per step. */
export class Trainer {
  readonly engine: Engine;
  readonly program: Program;
  readonly parameters: Parameters;
  readonly update: Update;
  readonly batch: number;
  readonly classes: number;
  readonly #options: TrainerOptions;
  readonly #losses: readonly Value[];
  #steps = 0;

  private constructor(options: TrainerOptions, program: Program, update: Update, losses: readonly Value[]) {
    this.#options = options;
    this.engine = program.engine;
    this.program = program;
    this.parameters = update.parameters;
    this.update = update;
    this.batch = options.images.shape[0] ?? 1;
    this.classes = options.heads[0]?.scores.shape[1] ?? 1;
    this.#losses = losses;
  }

  /**
   * Adds the losses and the gradients to the graph, and makes it ready to run.
   * @throws {ShapeError | ValueError | LimitError | OutOfMemoryError}
   */
  static async create(engine: Engine, options: TrainerOptions): Promise<Trainer> {
    const { graph, heads, images } = options;
    if (heads.length === 0) throw new ValueError('trainer', 'needs at least one head');
    const labels = graph.input('labels', [images.shape[0] ?? 1], 'u32');
    const { crossEntropy } = layers(graph);
    const losses = heads.map(({ name, scores }) => crossEntropy(`${name}.loss`, scores, labels));
    differentiate(
      graph,
      weightedLosses(
        graph,
        heads.map(({ weight }, index) => ({ value: losses[index] as Value, weight })),
      ),
    );
    const { seed = 0, initial = 'he', keep = [], fuse = true } = options;
    const parameters = options.parameters ?? (await Parameters.create(engine, graph, { seed, initial }));
    const update = await Update.create(parameters, options.optimizer);
    const program = await Program.create(engine, graph, {
      parameters,
      gradients: update.gradients,
      fuse,
      keep: keep === 'all' ? keep : [...keep, ...losses, ...heads.map(({ scores }) => scores)],
    });
    return new Trainer(options, program, update, losses);
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One training step.
   *
   * @param images (N, C, H, W) in PyTorch's order, or bytes (N, H, W, RGBA) for packed input; N the graph's batch
   * @param labels N class numbers
   * @returns the losses before the update
   * @throws {ValueError | ShapeError} for pictures or labels that do not fit, before anything is changed
   * @throws {EngineError} if a loss is not finite
   */
  async step(images: Pictures, labels: ArrayLike<number>): Promise<StepLosses> {
    return this.#step(images, labels, (step) => {
      const { device } = this.engine;
      const encoder = device.createCommandEncoder({ label: `step ${step.step}` });
      const pass = encoder.beginComputePass({ label: `step ${step.step}` });
      this.program.encode(pass, { step });
      this.update.encode(pass, step);
      pass.end();
      device.queue.submit([encoder.finish()]);
    });
  }

  /** The same step, launch by launch, each timed: see `profileProgram`. */
  async profileStep(
    images: Pictures,
    labels: ArrayLike<number>,
  ): Promise<{ readonly losses: StepLosses; readonly profile: Profile }> {
    let profile: Profile | undefined;
    const losses = await this.#step(images, labels, async (step) => {
      profile = await profileProgram(this.program, { step, update: this.update });
    });
    return { losses, profile: profile as Profile };
  }

  /** @param work does what a step does once the pictures are there */
  async #step(
    images: Pictures,
    labels: ArrayLike<number>,
    work: (step: Pick<Step, 'seed' | 'step' | 'rate'>) => void | Promise<void>,
  ): Promise<StepLosses> {
    requireDevice(this.engine, 'trainer.step');
    const { heads, rate: schedule, seed = 0 } = this.#options;
    checkImages('trainer.step', images, this.#options.images, this.batch);
    const checked = checkLabels('trainer.step', labels, this.batch, this.classes);
    const step = this.#steps;
    const rate = typeof schedule === 'number' ? schedule : schedule(step);
    this.program.write(this.#options.images.label, images);
    this.program.write('labels', checked);

    await work({ seed, step, rate });
    this.#steps++;

    const values = await this.program.readAll(this.#losses);
    const losses = Object.fromEntries(heads.map(({ name }, index) => [name, values[index]?.[0] ?? NaN]));
    const total = heads.reduce((sum, { name, weight }) => sum + weight * (losses[name] ?? NaN), 0);
    if (!Number.isFinite(total)) {
      const found = Object.entries(losses).map(([name, loss]) => `${name} ${loss}`);
      throw new EngineError(
        `step ${step}`,
        'the loss is not finite',
        found.join(', '),
        'use a lower learning rate',
      );
    }
    return { step, rate, total, losses };
  }

  /**
   * Trains on batches until `steps` steps are done or the batches end.
   * @throws {AbortError} after the step under way, once `signal` fires; what was learnt so far stays
   */
  async fit(
    batches: Iterable<Batch> | AsyncIterable<Batch>,
    { steps, signal, onStep, onProfile }: FitOptions,
  ): Promise<void> {
    let done = 0;
    for await (const { images, labels } of batches) {
      if (done === steps) return;
      if (signal?.aborted)
        throw new AbortError('trainer.fit', 'stopped by the caller', `step ${this.#steps}`);
      if (onProfile && done === Math.min(1, steps - 1)) {
        const { losses, profile } = await this.profileStep(images, labels);
        await onStep?.(losses);
        await onProfile(profile);
      } else {
        await onStep?.(await this.step(images, labels));
      }
      done++;
      if (done === steps) return;
    }
  }

  /** Frees the program and the optimizer's state; parameters too, unless they were given. */
  destroy(): void {
    this.program.destroy();
    this.update.destroy();
    if (!this.#options.parameters) this.parameters.destroy();
  }
}
