import type { Value } from '../core/op';
import { bytesOf } from '../core/dtype';
import type { NotFinite } from '../core/errors';
import type { Step } from '../core/step';
import { submit } from '../gpu/commands';
import { profileProgram, type Profile } from '../runtime/profile';
import type { Program } from '../runtime/program';
import { searchNotFinite } from '../runtime/search_not_finite';
import { isSource, sourceFrom } from '../runtime/input_source';
import type { Images } from './check';
import { lossOffset } from './step_report';
import type { TrainerParts } from './trainer_parts';

/** What a step begins with. */
export interface StepInput {
  /** What each input of the graph gets, for all micro-batches. */
  readonly batch: Readonly<Record<string, Images | Uint32Array>>;
  /** The number of the step. */
  readonly step: number;
  readonly rate: number;
}

/** Waits for a step's report, once its commands are submitted. */
type Read = () => Promise<ArrayBuffer>;

/** What the GPU does for a step: the micro-batches, forward and backward, and the update. */
export class StepWork {
  readonly #parts: TrainerParts;
  readonly #seed: number;
  readonly #microBatches: number;
  /** Images of a micro-batch. */
  readonly #images: number;
  /** Where the program leaves the losses, in the order of the heads. */
  readonly #losses: readonly Required<GPUBufferBinding>[];

  constructor(
    parts: TrainerParts,
    numbers: { readonly seed: number; readonly microBatches: number; readonly images: number },
  ) {
    this.#parts = parts;
    this.#seed = numbers.seed;
    this.#microBatches = numbers.microBatches;
    this.#images = numbers.images;
    this.#losses = parts.losses.map((loss) => parts.program.range(loss));
  }

  /** Submits a step, a micro-batch at a time. */
  submit({ batch, step, rate }: StepInput): Read {
    const { program } = this.#parts;
    let read: Read | undefined;
    this.#begin();
    for (let part = 0; part < this.#microBatches; part++) {
      this.#write(batch, part);
      const launches = program.begin({ step: this.#stepOf(step, rate, part) });
      program.submitter.submit(`step ${step}`, launches, (encoder) => {
        this.#collect(encoder, part);
        if (part === this.#microBatches - 1) read = this.#encodeUpdate(encoder, step, rate);
      });
    }
    return read as Read;
  }

  /** The same without micro-batches, launch by launch, each timed. */
  async profile({
    batch,
    step,
    rate,
  }: StepInput): Promise<{ readonly profile: Profile; readonly read: Read }> {
    const { program, update, readback } = this.#parts;
    this.#write(batch, 0);
    this.#begin();
    const numbers = this.#stepOf(step, rate, 0);
    const collect = (encoder: GPUCommandEncoder): void => this.#collect(encoder, 0);
    const profile = await profileProgram(program, { step: numbers, update, collect });
    return { profile, read: this.#encoded('report', (encoder) => readback.encode(encoder)) };
  }

  /** Computes a step that halted the run once more, to see where. */
  async search({ batch, step, rate }: StepInput): Promise<NotFinite | undefined> {
    this.#begin();
    for (let part = 0; part < this.#microBatches; part++) {
      this.#write(batch, part);
      const found = await searchNotFinite(this.#parts.program, this.#stepOf(step, rate, part));
      if (found) return found;
      this.#encoded('assign', (encoder) => this.#assign(encoder));
    }
    return undefined;
  }

  #stepOf(step: number, rate: number, part: number): Partial<Step> {
    return { seed: this.#seed, step, rate, first_image: part * this.#images };
  }

  /** Uploads a micro-batch. */
  #write(batch: StepInput['batch'], part: number): void {
    for (const [name, data] of Object.entries(batch)) {
      const { program } = this.#parts;
      if (isSource(data)) {
        program.write(name, sourceFrom(data, part * this.#images, this.#images));
        continue;
      }
      const size = data.length / this.#microBatches;
      program.write(name, data.subarray(part * size, (part + 1) * size));
    }
  }

  /** What comes before the first micro-batch of a step. */
  #begin(): void {
    const { update } = this.#parts;
    if (update.state) this.#encoded('begin', (encoder) => update.begin(encoder));
  }

  /** Puts a micro-batch's losses into the report, and its gradients to those of the others. */
  #collect(encoder: GPUCommandEncoder, part: number): void {
    const { update } = this.#parts;
    this.#losses.forEach(({ buffer, offset }, head) => {
      const to = lossOffset(this.#losses.length, part, head);
      encoder.copyBufferToBuffer(buffer, offset, update.report, to, bytesOf(1));
    });
    this.#assign(encoder);
    update.accumulate(encoder, part);
  }

  /** Leaves what the forward part assigns to the next micro-batch, or to the update. */
  #assign(encoder: GPUCommandEncoder): void {
    const { program, update } = this.#parts;
    const { variables, assignments } = program.graph;
    update.assign(encoder, (name) =>
      program.range(assignments.get(variables.get(name)?.value as Value) as Value),
    );
  }

  #encodeUpdate(encoder: GPUCommandEncoder, step: number, rate: number): Read {
    const { update, readback } = this.#parts;
    const pass = encoder.beginComputePass({ label: `update ${step}` });
    update.encode(pass, { step, rate });
    pass.end();
    return readback.encode(encoder);
  }

  /** Commands that are submitted by themselves. */
  #encoded<T>(label: string, encode: (encoder: GPUCommandEncoder) => T): T {
    const { engine }: Program = this.#parts.program;
    const encoder = engine.device.createCommandEncoder({ label });
    const result = encode(encoder);
    submit(engine, encoder);
    return result;
  }
}
