import type { Value } from '../core/op';
import { bytesOf } from '../core/dtype';
import { EngineError, NotFiniteError, ValueError, type NotFinite } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Step } from '../core/step';
import { submit } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Checkpoint } from '../io/checkpoint';
import { AVERAGE } from '../optim/stage';
import { Lifetime } from '../runtime/lifetime';
import type { Parameters } from '../runtime/parameters';
import { profileProgram, type Profile } from '../runtime/profile';
import type { Program } from '../runtime/program';
import type { Readback } from '../runtime/readback';
import { searchNotFinite } from '../runtime/search_not_finite';
import type { Tuned } from '../runtime/tuning/tune';
import type { Update } from '../runtime/update';
import { averagedParameters } from './averaged';
import { checkImages, checkInputs, checkLabels, type Inputs, type Labels, type Pictures } from './check';
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
import { fit, type Batch, type FitOptions } from './fit';
import { lossOffset, readReport, type StepLosses } from './step_report';
import { RATE, checkTrainerOptions, type TrainerOptions } from './trainer_options';
import { makeParts, type TrainerParts } from './trainer_parts';

/** Trains a graph: forward, backward and update, one submit for each micro-batch unless it takes long. */
export class Trainer {
  readonly engine: Engine;
  readonly program: Program;
  readonly parameters: Parameters;
  readonly update: Update;
  /** Pictures of a step: the graph's batch times the micro-batches. */
  readonly batch: number;
  readonly classes: number;
  /** Why what follows will not have the bits of an uninterrupted run, where it goes on from a checkpoint. */
  readonly warning: string | undefined;
  /** Sentences on what may not be meant: that the network was made for classifying. */
  readonly notes: readonly string[];
  /** What tuning found, where it was asked for. */
  readonly tuned: Tuned | undefined;
  readonly #options: TrainerOptions;
  /** Where the program leaves the losses, in the order of the heads. */
  readonly #losses: readonly Required<GPUBufferBinding>[];
  readonly #microBatches: number;
  readonly #readback: Readback;
  readonly #seed: number;
  readonly #life = new Lifetime();
  #steps = 0;
  #halted: EngineError | undefined;

  private constructor(options: TrainerOptions, made: TrainerParts) {
    const { program, update } = made;
    this.#options = options;
    this.tuned = made.tuned;
    this.notes = options.lacks === undefined ? [] : [options.lacks];
    this.engine = program.engine;
    this.program = program;
    this.parameters = update.parameters;
    this.update = update;
    this.#microBatches = options.microBatches ?? 1;
    this.batch = (options.images.shape[0] ?? 1) * this.#microBatches;
    this.classes = options.heads[0]?.scores.shape[1] ?? 1;
    this.#losses = made.losses.map((loss) => program.range(loss));
    this.#readback = made.readback;
    const { resume, seed = 0 } = options;
    this.#seed = resume?.seed ?? seed;
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
   * @param images (N, C, H, W) in PyTorch's order, or bytes (N, H, W, RGBA) for packed input; N is `batch`
   * @param labels N class numbers
   * @param inputs what else the graph reads, by the names of its inputs, for all N pictures
   * @returns the losses before the update
   * @throws {ValueError | ShapeError} for pictures or labels that do not fit, before anything is changed
   * @throws {NotFiniteError} if a loss, a gradient or what is assigned is not finite: the variables stay as before this step
   */
  async step(images: Pictures, labels: Labels, inputs: Inputs = {}): Promise<StepLosses> {
    const batch = this.#check(images, labels, inputs);
    const { step, rate } = this.#next();
    let read: (() => Promise<ArrayBuffer>) | undefined;
    this.#begin();
    for (let part = 0; part < this.#microBatches; part++) {
      this.#write(batch, part);
      const launches = this.program.begin({ step: this.#stepOf(step, rate, part) });
      this.program.submitter.submit(`step ${step}`, launches, (encoder) => {
        if (part === this.#microBatches - 1) read = this.#encodeUpdate(encoder, step, rate, part);
        else this.#collect(encoder, part);
      });
    }
    this.#steps++;
    return this.#finish(step, rate, read as () => Promise<ArrayBuffer>, () => {
      return this.#search(batch, step, rate);
    });
  }

  /** The same step, launch by launch, each timed: see `profileProgram`. Only without micro-batches. */
  async profileStep(
    images: Pictures,
    labels: Labels,
    inputs: Inputs = {},
  ): Promise<{ readonly losses: StepLosses; readonly profile: Profile }> {
    if (this.#microBatches > 1)
      throw new ValueError('trainer.profileStep', 'needs a trainer without micro-batches');
    const batch = this.#check(images, labels, inputs);
    const { step, rate } = this.#next();
    this.#write(batch, 0);
    this.#begin();
    const numbers = this.#stepOf(step, rate, 0);
    const profile = await profileProgram(this.program, {
      step: numbers,
      update: this.update,
      collect: (encoder) => this.#collect(encoder, 0),
    });
    const encoder = this.engine.device.createCommandEncoder({ label: 'report' });
    const read = this.#readback.encode(encoder);
    submit(this.engine, encoder);
    this.#steps++;
    const losses = await this.#finish(step, rate, read, () => this.#search(batch, step, rate));
    return { losses, profile };
  }

  /** What each input gets. */
  #check(images: Pictures, labels: Labels, inputs: Inputs): Readonly<Record<string, Pictures | Uint32Array>> {
    const where = 'trainer.step';
    this.#require(where);
    if (this.#halted) throw this.#halted;
    checkImages(where, images, this.#options.images, this.batch);
    const checked = checkLabels(where, labels, this.batch, this.#options.heads);
    const own = [this.#options.images.label, 'labels'];
    const others = [...this.program.graph.inputs.values()].filter(({ label }) => !own.includes(label));
    checkInputs(where, inputs, others, this.#microBatches);
    if (!this.#readback.isFree) {
      const { stepsInFlight = 2 } = this.#options;
      throw new ValueError(where, `${stepsInFlight} steps are under way`, undefined, 'await one first');
    }
    return { ...inputs, [this.#options.images.label]: images, labels: checked };
  }

  #next(): { readonly step: number; readonly rate: number } {
    const { rate = this.update.optimizer.rate } = this.#options;
    const step = this.#steps;
    this.update.factorsOf(step); // Refused before anything is submitted.
    if (typeof rate === 'number') return { step, rate };
    const scheduled: unknown = rate(step);
    RATE(`step ${step}`, 'the rate of the schedule', scheduled);
    return { step, rate: scheduled as number };
  }

  #stepOf(step: number, rate: number, part: number): Partial<Step> {
    const { images } = this.#options;
    return { seed: this.#seed, step, rate, first_picture: part * (images.shape[0] ?? 1) };
  }

  /** Uploads a micro-batch. */
  #write(batch: Readonly<Record<string, Pictures | Uint32Array>>, part: number): void {
    for (const [name, data] of Object.entries(batch)) {
      const size = data.length / this.#microBatches;
      this.program.write(name, data.subarray(part * size, (part + 1) * size));
    }
  }

  /** What comes before the first micro-batch of a step. */
  #begin(): void {
    if (!this.update.state) return;
    const encoder = this.engine.device.createCommandEncoder({ label: 'begin' });
    this.update.begin(encoder);
    submit(this.engine, encoder);
  }

  /** Leaves what the forward part assigns to the next micro-batch, or to the update. */
  #assign(encoder: GPUCommandEncoder): void {
    const { graph } = this.program;
    this.update.assign(encoder, (name) => {
      const value = graph.variables.get(name)?.value as Value;
      return this.program.range(graph.assignments.get(value) as Value);
    });
  }

  /** Puts a micro-batch's losses into the report, and its gradients to those of the others. */
  #collect(encoder: GPUCommandEncoder, part: number): void {
    this.#losses.forEach(({ buffer, offset }, head) => {
      const to = lossOffset(this.#losses.length, part, head);
      encoder.copyBufferToBuffer(buffer, offset, this.update.report, to, bytesOf(1));
    });
    this.#assign(encoder);
    this.update.accumulate(encoder, part);
  }

  #encodeUpdate(encoder: GPUCommandEncoder, step: number, rate: number, part: number) {
    this.#collect(encoder, part);
    const pass = encoder.beginComputePass({ label: `update ${step}` });
    this.update.encode(pass, { step, rate });
    pass.end();
    return this.#readback.encode(encoder);
  }

  /** Waits for the report and reads it. */
  async #finish(
    step: number,
    rate: number,
    read: () => Promise<ArrayBuffer>,
    search: () => Promise<NotFinite | undefined>,
  ): Promise<StepLosses> {
    const { heads } = this.#options;
    const bytes = await read().catch((error: unknown) => {
      this.#life.require('trainer.step');
      throw error;
    });
    const { halted, ...report } = readReport(bytes, heads);
    if (halted) {
      // A step that was on its way when an earlier one halted the run changed nothing either.
      if (this.#halted) throw this.#halted;
      this.#halted = new EngineError(`step ${step}`, 'the run is halted: a number was not finite');
      const listed = heads.map(({ name }) => `${name} ${report.losses[name]}`).join(', ');
      this.#halted = new NotFiniteError(step, `losses ${listed}`, await search());
      this.#steps = step;
      throw this.#halted;
    }
    return { step, rate, ...report };
  }

  /** Computes a step that halted the run once more, to see where. */
  async #search(
    batch: Readonly<Record<string, Pictures | Uint32Array>>,
    step: number,
    rate: number,
  ): Promise<NotFinite | undefined> {
    this.#begin();
    for (let part = 0; part < this.#microBatches; part++) {
      this.#write(batch, part);
      const found = await searchNotFinite(this.program, this.#stepOf(step, rate, part));
      if (found) return found;
      const encoder = this.engine.device.createCommandEncoder({ label: 'assign' });
      this.#assign(encoder);
      submit(this.engine, encoder);
    }
    return undefined;
  }

  /**
   * All that the run needs to go on with the same bits, after the steps submitted so far.
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
   * Trains on batches until `steps` steps are done or the batches end. While the GPU computes a step, the next is
   * prepared and handed to it.
   * @throws {AbortError} after the steps under way, once `signal` fires; what was learnt so far stays
   */
  async fit(batches: Iterable<Batch> | AsyncIterable<Batch>, options: FitOptions): Promise<void> {
    await fit(this, this.#options.stepsInFlight ?? 2, batches, options);
  }

  /** @throws {ValueError} if this, or the weights that it was given, were destroyed */
  #require(where: string): void {
    this.#life.require(where);
    this.parameters.requireAlive(where);
    requireDevice(this.engine, where);
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
