import { requireMade } from '../core/check';
import { EngineError, NotFiniteError, ValueError } from '../core/errors';
import { checkOptions } from '../core/options';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Checkpoint } from '../io/checkpoint';
import { AVERAGE } from '../optim/stage';
import { Lifetime } from '../runtime/lifetime';
import type { Parameters } from '../runtime/parameters';
import type { Profile } from '../runtime/profile';
import type { Program } from '../runtime/program';
import type { Readback } from '../runtime/readback';
import type { Tuned } from '../runtime/tuning/tune';
import type { Update } from '../runtime/update';
import { averagedParameters } from './averaged';
import type { Inputs, Labels, Images } from './check';
import {
  ABOUT,
  choicesOf,
  computedBy,
  namedSettings,
  planVersion,
  readTensors,
  whyNotExact,
  writeTensors,
  type AboutRun,
} from './checkpointing';
import { fit, type Batches, type FitOptions } from './fit';
import { checkBatch } from './losses';
import { readReport, type StepLosses } from './step_report';
import { StepWork, type StepInput } from './step_work';
import { RATE, checkTrainerOptions, notesOn, type TrainerOptions } from './trainer_options';
import { makeParts, type TrainerParts } from './trainer_parts';

/** Trains a graph: forward, backward and update, one submit for each micro-batch unless it takes long. */
export class Trainer {
  readonly engine: Engine;
  readonly program: Program;
  readonly parameters: Parameters;
  readonly update: Update;
  /** Images of a step: the graph's batch times the micro-batches. */
  readonly batch: number;
  readonly classes: number;
  /** Why what follows will not have the bits of an uninterrupted run, where it goes on from a checkpoint. */
  readonly warning: string | undefined;
  /** Sentences on what may not be meant: a network made for classifying, options that a checkpoint overrides. */
  readonly notes: readonly string[];
  /** What tuning found, where it was asked for. */
  readonly tuned: Tuned | undefined;
  readonly #options: TrainerOptions;
  readonly #microBatches: number;
  readonly #readback: Readback;
  readonly #work: StepWork;
  readonly #seed: number;
  readonly #life = new Lifetime();
  #steps = 0;
  /** What is under way that nothing else may come between: a profiled step is many submits, a schedule only gives a rate. */
  #busy: string | undefined;
  #fitting = false;
  #halted: EngineError | undefined;

  private constructor(options: TrainerOptions, made: TrainerParts) {
    requireMade('Trainer', made, 'readback');
    const { program, update } = made;
    this.#options = options;
    this.tuned = made.tuned;
    this.notes = notesOn(options);
    this.engine = program.engine;
    this.program = program;
    this.parameters = update.parameters;
    this.update = update;
    this.#microBatches = options.microBatches ?? 1;
    this.batch = (options.images.shape[0] ?? 1) * this.#microBatches;
    this.classes = options.heads[0]?.scores.shape[1] ?? 1;
    this.#readback = made.readback;
    const { resume, seed = 0 } = options;
    this.#seed = resume?.seed ?? seed;
    this.#work = new StepWork(made, {
      seed: this.#seed,
      microBatches: this.#microBatches,
      images: this.batch / this.#microBatches,
    });
    if (!resume) return;
    writeTensors(made, resume);
    this.#steps = resume.step;
    this.warning = whyNotExact(resume, this);
  }

  /**
   * Adds the losses and the gradients to a copy of the graph, and makes it ready to run.
   * @throws {ShapeError | ValueError | LimitError | OutOfMemoryError}
   * @throws {AbortError} if tuning is stopped by its signal
   */
  static async create(engine: Engine, options: TrainerOptions): Promise<Trainer> {
    requireDevice(engine, 'trainer');
    checkTrainerOptions(options);
    options.parameters?.requireAlive('trainer', engine);
    if (options.parameters && options.initial !== undefined) {
      const problem = 'initial draws weights, and parameters gives them';
      throw new ValueError('trainer', problem, undefined, 'leave one out');
    }
    return makeParts(engine, options, (parts) => new Trainer(options, parts));
  }

  /** Steps done, or under way. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One training step. The next may be asked for before this one's losses are there, up to `stepsInFlight`; the arrays
   * must stay as they are until then.
   *
   * @param images (N, C, H, W) in PyTorch's order, bytes (N, H, W, RGBA) for packed input, or a source on the GPU; N is `batch`
   * @param labels N class numbers, or what else the loss takes
   * @param inputs what else the graph reads, by the names of its inputs, for all N images
   * @returns the losses before the update
   * @throws {ValueError | ShapeError} for images or labels that do not fit, or out of a schedule, before anything is changed
   * @throws {NotFiniteError} if a loss, a gradient or what is assigned is not finite: the variables stay as before this step
   */
  async step(images: Images, labels: Labels, inputs: Inputs = {}): Promise<StepLosses> {
    const input = this.#next(this.#check(images, labels, inputs));
    const read = this.#work.submit(input);
    this.#steps++;
    return this.#finish(input, read);
  }

  /**
   * The same step, launch by launch, each timed: see `profileProgram`. Only without micro-batches.
   * @param images as for `step`
   * @param labels as for `step`
   * @param inputs as for `step`
   * @throws {ValueError | ShapeError | NotFiniteError | DeviceLostError} as `step` does
   */
  async profileStep(
    images: Images,
    labels: Labels,
    inputs: Inputs = {},
  ): Promise<{ readonly losses: StepLosses; readonly profile: Profile }> {
    if (this.#microBatches > 1)
      throw new ValueError('trainer.profileStep', 'needs a trainer without micro-batches');
    const input = this.#next(this.#check(images, labels, inputs));
    this.#busy = 'a step of profileStep is under way';
    const { profile, read } = await this.#work.profile(input).finally(() => (this.#busy = undefined));
    this.#steps++;
    return { losses: await this.#finish(input, read), profile };
  }

  /** What each input gets. */
  #check(images: Images, labels: Labels, inputs: Inputs): StepInput['batch'] {
    const where = 'trainer.step';
    this.#require(where);
    if (this.#halted) throw this.#halted;
    const network = { ...this.#options, graph: this.program.graph };
    const batch = checkBatch(where, network, { images, labels, inputs }, this.#microBatches);
    if (!this.#readback.isFree) {
      const { stepsInFlight = 2 } = this.#options;
      throw new ValueError(where, `${stepsInFlight} steps are under way`, undefined, 'await one first');
    }
    return batch;
  }

  /** @throws {ValueError} for a rate, or factors of the optimizer, that are no numbers, before anything is submitted */
  #next(batch: StepInput['batch']): StepInput {
    const { rate = this.update.optimizer.rate } = this.#options;
    const step = this.#steps;
    this.update.factorsOf(step);
    if (typeof rate === 'number') return { batch, step, rate };
    this.#busy = 'its schedule is being asked for a rate';
    try {
      const scheduled: unknown = rate(step);
      RATE(`step ${step}`, 'the rate of the schedule', scheduled);
      return { batch, step, rate: scheduled as number };
    } finally {
      this.#busy = undefined;
    }
  }

  /** Waits for the report and reads it. */
  async #finish(input: StepInput, read: () => Promise<ArrayBuffer>): Promise<StepLosses> {
    const { step, rate } = input;
    const { heads } = this.#options;
    const bytes = await read().catch((error: unknown) => {
      this.#life.require('trainer.step');
      throw error;
    });
    await this.program.written().catch((error: unknown) => {
      // What the weights learnt is not from these images.
      this.#halted ??= error as EngineError;
      throw error;
    });
    const { halted, ...report } = readReport(bytes, heads);
    if (halted) {
      // A step that was on its way when an earlier one halted the run changed nothing either.
      if (this.#halted) throw this.#halted;
      this.#halted = new EngineError(`step ${step}`, 'the run is halted: a number was not finite');
      const listed = heads.map(({ name }) => `${name} ${report.losses[name]}`).join(', ');
      this.#halted = new NotFiniteError(step, `losses ${listed}`, await this.#work.search(input));
      this.#steps = step;
      throw this.#halted;
    }
    return { step, rate, ...report };
  }

  /**
   * All that the run needs to go on with the same bits, after the steps submitted so far.
   * @param about what the checkpoint says of the run besides: a cursor into the data, settings
   * @throws {NotFiniteError} if the run is halted
   */
  async checkpoint(about: AboutRun = {}): Promise<Checkpoint> {
    checkOptions('trainer.checkpoint', about, ABOUT);
    const { cursor, settings = {} } = about;
    const step = this.#steps;
    const tensors = await this.#read('trainer.checkpoint', this.update.slots);
    return {
      step,
      seed: this.#seed,
      ...namedSettings(this.update),
      cursor: cursor ?? { epoch: 0, next: step * this.batch },
      settings,
      plan: { version: planVersion(this), choices: choicesOf(this) },
      adapter: computedBy(this.engine),
      ...tensors,
    };
  }

  /**
   * The variables with the running average of those that are trained, for evaluation and export; the caller destroys them.
   * Before the first step they are the weights themselves.
   * @throws {ValueError} if the trainer was made without `average`; {NotFiniteError} if the run is halted
   */
  async averaged(): Promise<Parameters> {
    const where = 'trainer.averaged';
    const average = this.update.slots.get(AVERAGE);
    if (!average)
      throw new ValueError(where, 'needs a trainer with an average', undefined, 'give it average');
    const begun = this.#steps > 0;
    const { weights, slots } = await this.#read(where, new Map([[AVERAGE, average]]));
    return averagedParameters(this.parameters, weights, begun ? slots.get(AVERAGE) : undefined);
  }

  async #read(where: string, slots: Update['slots']) {
    this.#require(where);
    const { halted, ...tensors } = await readTensors(this, slots);
    if (this.#halted) throw this.#halted;
    if (halted) throw new EngineError(where, 'a step under way is not finite');
    return tensors;
  }

  /**
   * Trains on batches until `steps` steps are done or the batches end, or goes through all of them `epochs` times. While the
   * GPU computes a step, the next is prepared and handed to it.
   *
   *     await trainer.fit((epoch) => shuffled(data, epoch), { epochs: 10, onEpoch: ({ loss }) => console.log(loss) });
   *
   * @param batches with `epochs` an array, what else can be gone through again, or a function that gives an epoch's
   * @throws {AbortError} after the steps under way, once `signal` fires; what was learnt so far stays
   */
  async fit(batches: Batches | ((epoch: number) => Batches), options: FitOptions): Promise<void> {
    if (this.#fitting)
      throw new ValueError('trainer.fit', 'another fit is under way', undefined, 'await it first');
    this.#fitting = true;
    const done = fit(this, this.#options.stepsInFlight ?? 2, batches, options);
    await done.finally(() => (this.#fitting = false));
  }

  /** @throws {ValueError} if this, or the weights that it was given, were destroyed */
  #require(where: string): void {
    this.#life.require(where);
    this.parameters.requireAlive(where);
    requireDevice(this.engine, where);
    if (this.#busy !== undefined) throw new ValueError(where, this.#busy, undefined, 'await it first');
  }

  /** @internal What it was made for, without losses: for evaluation. */
  get network(): Pick<TrainerOptions, 'graph' | 'images' | 'heads'> {
    this.#require('trainer');
    return this.#options;
  }

  /** Frees the program and the optimizer's state; parameters too, unless they were given. */
  destroy(): void {
    if (!this.#life.end()) return;
    this.program.destroy();
    this.update.destroy();
    this.#readback.destroy();
    if (!this.#options.parameters) this.parameters.destroy();
  }
}
