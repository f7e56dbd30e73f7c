import type { DType, TensorSpec, Value } from '../core/op';
import type { Shape } from '../core/shape';
import { INITIAL_STEP } from '../core/step';
import { requireArray, requireMade, requireObject, requireOneOf, requireText, shown } from '../core/check';
import { checkOptions } from '../core/options';
import { ValueError } from '../core/errors';
import { destroyBuffers, writeBuffer } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Graph } from '../graph/graph';
import { bytesOf } from '../core/dtype';
import { readPlace } from '../core/variable';
import { slotBytes, type Plan } from '../graph/plan';
import { checkInput } from './check_input';
import { isSource, type InputSource } from './input_source';
import { readRanges } from './buffers';
import type { FlatBuffer } from './flat_buffer';
import { encodeLaunches, type PreparedLaunch } from './launches';
import { Lifetime } from './lifetime';
import type { Parameters } from './parameters';
import type { PixelBytes } from './pixel_bytes';
import { givenTo, RUN, type Part, type ProgramOptions, type RunOptions } from './program_options';
import type { Submitter } from './submits';
import { fromMemory, toMemory, type Staged } from './transfer';
import type { StepUniform } from './uniforms';

/** Where a value lies: bytes of a buffer, and inside of them its numbers. */
export interface ValueRange extends Required<GPUBufferBinding> {
  readonly shape: Shape;
  readonly dtype: DType;
  /**
   * Numbers from the channels of one pixel to those of the next: the number of (n, c, h, w) lies `((n H + h) W + w) stride + c`
   * after the first, that of (n, f) `n stride + f`.
   */
  readonly stride: number;
  /** Set where (N, F) is a flattened (C, H, W), which lies as pixels too. */
  readonly plane?: TensorSpec['plane'];
}

/** What a program is made of. */
export interface ProgramParts {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly plan: Plan;
  readonly slots: readonly GPUBuffer[];
  readonly step: StepUniform;
  readonly submitter: Submitter;
  readonly own: readonly GPUBuffer[];
  readonly flat: Readonly<Record<string, GPUBuffer | undefined>>;
  readonly launches: readonly PreparedLaunch[];
  readonly options: ProgramOptions;
}

/**
 * A graph made ready to run on one device: pipelines, buffers, bind groups and uniforms are made once;
 * `run` only encodes and submits.
 */
export class PlannedProgram {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly plan: Plan;
  readonly parameters: Parameters | undefined;
  readonly gradients: FlatBuffer | undefined;
  /** The buffers of the plan's slots, by number. */
  readonly slots: readonly GPUBuffer[];
  /** @internal The dispatches of a run, in order, for those who time them. */
  readonly launches: readonly PreparedLaunch[];
  /** @internal Submits them, and what else belongs to a step. */
  readonly submitter: Submitter;
  readonly #step: StepUniform;
  readonly #byPart: Readonly<Record<Part, readonly PreparedLaunch[]>>;
  /** An input's bytes on their way, made once. */
  readonly #staged: Staged = new Map();
  readonly #life = new Lifetime();
  #written: Promise<void> = Promise.resolve();
  /** Weights, gradients and state, which others own. */
  readonly #given: readonly FlatBuffer[];
  /** Buffers of numbers that kernels need beside tensors. */
  readonly #own: readonly GPUBuffer[];
  /** Buffers that outlive the program, by name. */
  readonly #flat: Readonly<Record<string, GPUBuffer | undefined>>;

  /** @internal */
  constructor(parts: ProgramParts) {
    requireMade('Program', parts, 'plan');
    const { engine, graph, plan, slots, step, submitter, own, flat, launches, options } = parts;
    const { parameters, gradients } = options;
    this.#given = givenTo(options);
    this.engine = engine;
    this.graph = graph;
    this.plan = plan;
    this.parameters = parameters;
    this.gradients = gradients;
    this.slots = slots;
    this.launches = launches;
    this.submitter = submitter;
    this.#step = step;
    const of = (wanted: Part) => launches.filter(({ part }) => part === wanted);
    this.#byPart = { forward: of('forward'), backward: of('backward') };
    this.#own = own;
    this.#flat = flat;
    graph.constants.forEach((data, value) => this.#upload(value, data));
  }

  /** Dispatches of one run of both parts. */
  get dispatches(): number {
    return this.launches.length;
  }

  /** Bytes of activations, gradients of activations and working memory. */
  get bytes(): number {
    return slotBytes(this.plan);
  }

  /**
   * Sets an input. `data` in PyTorch's order, (N, C, H, W) for images; packed ones, (N, 1, H, W) in u32, also as the
   * bytes R, G, B, A of each pixel; or what `fromBuffer` and `fromImages` give, which the GPU copies. An input that was never
   * written holds zeros.
   * @param name of an input
   * @param given as many numbers as it has, in the order of PyTorch
   * @throws {ValueError} for an unknown name or the wrong type of array; {ShapeError} for another length
   */
  write(name: string, given: Float32Array | Uint32Array | PixelBytes | InputSource): void {
    this.#require('program.write');
    requireText('program.write', 'the name', name);
    if (isSource(given)) {
      this.#copy(given.check(this, name, given), given);
      return;
    }
    const { value, data } = checkInput(this.graph, name, given);
    this.#upload(value, data);
  }

  /** Submits the parts, in order, at once or in pieces of `submitSeconds`. Does not wait. */
  run(options: RunOptions = {}): void {
    this.#require('program.run');
    this.submitter.submit('program', this.begin(options));
  }

  /**
   * Encodes the parts into a pass of yours; the step's numbers are written to the queue at once.
   * @throws {ValueError} for parts or a step that make no sense, or where it was destroyed
   */
  encode(pass: GPUComputePassEncoder, options: RunOptions = {}): void {
    requireObject('program.encode', 'the pass', pass, ['setPipeline']);
    encodeLaunches(this.engine, pass, this.begin(options));
  }

  /** @internal Writes the step's numbers to the queue at once, and gives the dispatches of the parts for you to submit. */
  begin(options: RunOptions = {}): readonly PreparedLaunch[] {
    this.#require('program.encode');
    checkOptions('program.run', options, RUN);
    const { parts = ['forward', 'backward'], step = {} } = options;
    this.#step.write({ ...INITIAL_STEP, ...step });
    if (parts.includes('forward') && parts.includes('backward')) return this.launches;
    const [only] = parts;
    return only ? this.#byPart[only] : [];
  }

  /**
   * Reads a value, or with `'grad'` its gradient, in PyTorch's order. Waits for the work submitted so far.
   * @param name of a variable, an input, or a value that is kept
   * @param what `grad` for its gradient. Default: the value
   * @throws {ValueError} if there is no such value, it has no gradient, or its memory was used again
   */
  async read(name: string | Value, what: 'value' | 'grad' = 'value'): Promise<Float32Array | Uint32Array> {
    const [data] = await this.readAll([name], what);
    return data as Float32Array | Uint32Array;
  }

  /**
   * Reads several values in one transfer; see `read`.
   * @param names of variables, inputs, or values that are kept
   * @param what `grad` for their gradients. Default: the values
   * @throws {ValueError} for a name that nobody knows or that is not kept; {DeviceLostError}
   */
  async readAll(
    names: readonly (string | Value)[],
    what: 'value' | 'grad' = 'value',
  ): Promise<(Float32Array | Uint32Array)[]> {
    this.#require('program.read');
    requireOneOf('program.read', 'what is read', what, ['value', 'grad']);
    const sources = requireArray('program.read', 'the names', names).map((name) => {
      if (typeof name !== 'string') requireObject('program.read', 'a value', name, ['label']);
      return this.#source('program.read', typeof name === 'string' ? this.graph.value(name) : name, what);
    });
    const bytes = await readRanges(
      this.engine,
      sources.map(({ range }) => range),
    );
    await this.written();
    this.#life.require('program.read');
    return sources.map(({ decode }, index) => decode(bytes[index] as ArrayBuffer));
  }

  /** @internal Rejects where the device refused what `write` copied last: then nothing since is right. */
  async written(): Promise<void> {
    await this.#written;
  }

  /**
   * Where a value lies on the GPU after a run, until the next or `destroy`: work that you submit to the device's queue after
   * `run` sees it. It may be a part of a larger tensor; `copyToBuffer` takes it out. Weights lie in the order of the op that
   * reads them, not in rows: `read` gives them in PyTorch's.
   * @param named a variable, an input, or a value that is kept
   * @throws {ValueError} if it is not of this graph, or its memory was used again: `keep` it
   */
  range(named: Value | string): ValueRange {
    this.#require('program.range');
    const value = typeof named === 'string' ? this.graph.value(named) : named;
    requireObject('program.range', 'the value', value, ['label']);
    const { range, first, stride } = this.#source('program.range', value, 'value');
    const { shape, dtype, plane } = value;
    const bytes = { offset: range.offset + bytesOf(first), size: range.size - bytesOf(first) };
    return { ...range, ...bytes, shape, dtype, stride: plane ? plane[0] : stride, ...(plane && { plane }) };
  }

  /** What holds a value's bytes, its first element there, and how to turn them into PyTorch's order. */
  #source(where: string, named: Value, what: 'value' | 'grad') {
    if (!this.graph.has(named))
      throw new ValueError(where, 'a value must be one of its graph', shown(named.label));
    const value = what === 'grad' ? this.graph.gradients.get(named) : named;
    if (!value) throw new ValueError(named.label, 'has no gradient in this program');
    const flat = what === 'grad' ? this.gradients : this.parameters;
    const place = named.role === 'variable' ? flat?.layout.places.get(named.label) : undefined;
    if (place && flat) {
      const { offset, elements } = place.matrix;
      const first = place.offset - offset;
      return {
        range: { buffer: flat.buffer, offset: bytesOf(offset), size: bytesOf(elements) },
        first,
        stride: place.stride,
        decode: (bytes: ArrayBuffer) => readPlace({ ...place, offset: first }, new Float32Array(bytes)),
      };
    }
    const found = this.plan.home(value);
    const buffer = found && (this.slots[found.home.buffer as number] ?? this.#flat[found.home.buffer]);
    if (!buffer) {
      throw new ValueError(value.label, 'is not kept after a run', undefined, `pass it in 'keep'`);
    }
    const { home, view } = found;
    return {
      range: { ...home, buffer },
      first: view.offset,
      stride: view.stride,
      decode: (bytes: ArrayBuffer) => fromMemory(value, view, bytes),
    };
  }

  /** Frees what this program alone owns; weights and gradients stay. */
  destroy(): void {
    if (this.#life.end()) destroyBuffers(this.engine, [...this.slots, ...this.#own]);
  }

  /** @throws {ValueError} if this, or the weights that it reads, were destroyed */
  #require(where: string): void {
    this.#life.require(where);
    for (const flat of this.#given) flat.requireAlive(where);
    requireDevice(this.engine, where);
  }

  #copy(value: Value, source: InputSource): void {
    const found = this.plan.home(value);
    if (!found || typeof found.home.buffer === 'string') return; // nothing reads it
    const { home, view } = found;
    const buffer = this.slots[found.home.buffer] as GPUBuffer;
    const written = source.write({ value, view, ...home, buffer }, 0);
    written.catch(() => undefined); // Told of where results are read.
    this.#written = Promise.all([this.#written, written]).then(() => undefined);
    this.#written.catch(() => undefined);
  }

  #upload(value: Value, data: ArrayLike<number>): void {
    const found = this.plan.home(value);
    if (!found || typeof found.home.buffer === 'string') return; // nothing reads it
    const memory = toMemory(value, found.view, data, this.#staged);
    writeBuffer(this.engine, this.slots[found.home.buffer] as GPUBuffer, found.home.offset, memory);
  }
}
