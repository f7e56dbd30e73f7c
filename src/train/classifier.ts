import type { Value } from '../core/op';
import { isTyped, requireMade, requireObject } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { AbortError, ShapeError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import { requireDevice, type Engine } from '../gpu/engine';
import { FUSE, type FuseOptions } from '../graph/fuse_options';
import type { Graph } from '../graph/graph';
import type { OnCompileProgress } from '../runtime/compile_kernels';
import type { Tensor } from '../runtime/flat_buffer';
import type { Parameters } from '../runtime/parameters';
import { Lifetime } from '../runtime/lifetime';
import { isSource, sourceFrom } from '../runtime/input_source';
import { isPixelBytes } from '../runtime/pixel_bytes';
import { Program } from '../runtime/program';
import { OUTPUTS, requireInput } from './losses';
import { checkImages, checkInputs, imageLength, type Images, type Inputs, type ImageArrays } from './check';

/** A network that classifies, and its weights. */
export interface ClassifierOptions {
  /** Dropout, if it has any, drops nothing here. */
  readonly graph: Graph;
  /** The graph's input, (N, C, H, W), or (N, 1, H, W) of packed pixels in u32. */
  readonly images: Value;
  /** (N, classes). */
  readonly scores: Value;
  /** Shared with whoever trains them. */
  readonly parameters: Parameters;
  /** Names of layers whose outputs `run` gives for each image, such as `inception4a`. Default: none. */
  readonly keep?: readonly string[];
  /** See `ProgramOptions.fuse`. */
  readonly fuse?: FuseOptions;
  /** See `ProgramOptions.onProgress`. */
  readonly onProgress?: OnCompileProgress;
}

const VALUE = is.needed(is.having('shape', 'label', 'role'));
const OPTIONS: Rules<ClassifierOptions> = {
  ...OUTPUTS,
  ...{ heads: is.anything },
  graph: is.needed(is.having('nodes', 'inputs', 'variables')),
  images: VALUE,
  scores: VALUE,
  parameters: is.needed(is.having('buffer', 'layout')),
  keep: is.list(is.text),
  fuse: FUSE,
  onProgress: is.callable,
};

/** A class with its probability. */
export interface Guess {
  readonly class: number;
  readonly probability: number;
}

/** What a network says of images. */
export interface Classified {
  /** As the network gives them, (images, classes). */
  readonly scores: Float32Array;
  /** Probabilities, (images, classes). */
  readonly probabilities: Float32Array;
  /** For each image the likeliest classes, best first. */
  readonly top: readonly (readonly Guess[])[];
  /** What the classifier keeps, by name, in PyTorch's order: of images (images, C, H, W) or (images, F). */
  readonly kept: Readonly<Record<string, Tensor>>;
}

/** What is wanted of a classification. */
export interface ClassifyOptions {
  /** Classes per image in `top`. Default 5, or all if there are fewer. */
  readonly top?: number;
  /** What else the graph reads, by the names of its inputs: for all M images, or, where an input is not of N, as it is. */
  readonly inputs?: Inputs;
  readonly signal?: AbortSignal;
  /** Told of each batch that is done. */
  readonly onProgress?: (done: number, images: number) => void | Promise<void>;
}

const classifyRules = (classes: number): Rules<ClassifyOptions> => ({
  top: is.whole(1, classes),
  inputs: is.anything, // checked with the graph's
  signal: is.having('aborted'),
  onProgress: is.callable,
});

/** Classifies images, any number, in batches of the graph's size. */
export class Classifier {
  readonly engine: Engine;
  readonly program: Program;
  readonly batch: number;
  readonly classes: number;
  readonly #options: ClassifierOptions;
  /** What the program reads beside images. */
  readonly #others: readonly Value[];
  readonly #kept: readonly Value[];
  readonly #life = new Lifetime();

  private constructor(options: ClassifierOptions, program: Program) {
    requireMade('Classifier', program, 'plan');
    this.#options = options;
    this.engine = program.engine;
    this.program = program;
    this.batch = options.images.shape[0] ?? 1;
    this.classes = options.scores.shape[1] ?? 1;
    this.#kept = (options.keep ?? []).map((name) => program.graph.value(name));
    this.#others = [...program.graph.inputs.values()].filter(
      (value) => value.label !== options.images.label && program.plan.home(value),
    );
  }

  /**
   *     const classifier = await Classifier.create(engine, { graph, images, scores, parameters, keep: ['inception4a'] });
   *     const { top, kept } = await classifier.run(images); // kept.inception4a.data
   *
   * @throws {ShapeError | ValueError | LimitError | OutOfMemoryError}
   */
  static async create(engine: Engine, options: ClassifierOptions): Promise<Classifier> {
    checkOptions('classifier', options, OPTIONS);
    requireInput('classifier', options.graph, options.images);
    const [batch = 1] = options.images.shape;
    const { shape } = options.scores;
    if (shape.length !== 2 || shape[0] !== batch)
      throw new ShapeError('classifier', `scores must be (N, classes) for N = ${batch}`, formatShape(shape));
    const { graph, parameters, scores, keep = [], fuse = true, onProgress } = options;
    for (const name of keep) {
      const { dtype, shape: kept } = graph.value(name);
      if (dtype === 'f32' && kept[0] === batch) continue;
      const problem = `keeps float32 numbers of each image, (${batch}, ...)`;
      throw new ShapeError('classifier', problem, `${name}: ${dtype} ${formatShape(kept)}`);
    }
    const program = await Program.create(engine, graph.forClassifying(), {
      parameters,
      keep: [scores, ...keep],
      fuse,
      ...(onProgress && { onProgress }),
    });
    return new Classifier(options, program);
  }

  /**
   * @param images (M, C, H, W) in PyTorch's order, bytes (M, H, W, RGBA) for packed input, or a source on the GPU, for any M from 1
   * @throws {ValueError | ShapeError} for images or inputs that do not fit, or an input that is missing; {AbortError} once `signal` fires
   */
  async run(images: Images, options: ClassifyOptions = {}): Promise<Classified> {
    this.#life.require('classifier.run');
    requireDevice(this.engine, 'classifier.run');
    checkOptions('classifier.run', options, classifyRules(this.classes));
    const { images: input, scores } = this.#options;
    requireObject('classifier.run', 'images', images);
    const size = imageLength(input);
    const count = isSource(images) ? images.count('classifier.run', input) : images.length / size;
    const packed = input.dtype === 'u32';
    const fits = packed ? isPixelBytes(images) : isTyped(images, 'Float32Array');
    if (fits && (!Number.isInteger(count) || count === 0)) {
      const problem = `needs a multiple of ${size} ${packed ? 'bytes' : 'numbers'}, from one image`;
      throw new ShapeError('classifier.run', problem, `${(images as ImageArrays).length}`);
    }
    checkImages('classifier.run', images, input, count);
    const { top = Math.min(5, this.classes), inputs = {}, signal, onProgress } = options;
    const ofImage = ({ shape }: Value): number | undefined =>
      shape[0] === this.batch ? sizeOf(shape) / this.batch : undefined;
    checkInputs('classifier.run', inputs, this.#others, (value) => {
      const each = ofImage(value);
      return each === undefined ? sizeOf(value.shape) : each * count;
    });
    const probabilities = new Float32Array(count * this.classes);
    // Scores and what is kept, of all images.
    const outputs = [scores, ...this.#kept].map(({ label, shape }) => {
      const each = sizeOf(shape) / this.batch;
      return { label, each, shape: [count, ...shape.slice(1)], data: new Float32Array(count * each) };
    });
    // The last batch is filled up with zeros, and what they give is left out.
    const batch = new (packed ? Uint8Array : Float32Array)(this.batch * size);
    for (let first = 0; first < count; first += this.batch) {
      this.#life.require('classifier.run');
      if (signal?.aborted)
        throw new AbortError('classifier.run', 'stopped by the caller', `${first} of ${count}`);
      if (isSource(images)) this.program.write(input.label, sourceFrom(images, first, this.batch));
      else {
        batch.fill(0).set(images.subarray(first * size, (first + this.batch) * size));
        this.program.write(input.label, batch);
      }
      for (const value of this.#others) {
        const [data, each] = [inputs[value.label] as Numbers, ofImage(value)];
        this.program.write(value.label, each === undefined ? data : partOf(data, each, first, this.batch));
      }
      this.program.run();
      const read = await this.program.readAll([scores, ...this.#kept]);
      const rows = Math.min(this.batch, count - first);
      outputs.forEach(({ data, each }, index) => {
        data.set((read[index] as Float32Array).subarray(0, rows * each), first * each);
      });
      const [found] = read as [Float32Array];
      for (let row = 0; row < rows; row++) {
        const at = row * this.classes;
        const mine = softmax(found.subarray(at, at + this.classes));
        probabilities.set(mine, (first + row) * this.classes);
      }
      await onProgress?.(first + rows, count);
    }
    const best = Array.from({ length: count }, (_, row) =>
      likeliest(probabilities.subarray(row * this.classes, (row + 1) * this.classes), top),
    );
    const [{ data }, ...kept] = outputs as [Tensor, ...typeof outputs];
    return {
      scores: data,
      probabilities,
      top: best,
      kept: Object.fromEntries(
        kept.map(({ label, shape, data: numbers }) => [label, { shape, data: numbers }]),
      ),
    };
  }

  /** Frees the program; the parameters stay. */
  destroy(): void {
    if (this.#life.end()) this.program.destroy();
  }
}

type Numbers = Float32Array | Uint32Array;

/** What an input of `size` numbers an image gets for the images from `first` on, filled up with zeros. */
function partOf(data: Numbers, size: number, first: number, batch: number): Numbers {
  const part = new (isTyped(data, 'Float32Array') ? Float32Array : Uint32Array)(batch * size);
  part.set(data.subarray(first * size, (first + batch) * size));
  return part;
}

function softmax(scores: Float32Array): Float64Array {
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The `count` largest, best first; of equals the lower class. */
export function likeliest(probabilities: Float32Array | Float64Array, count: number): Guess[] {
  return Array.from(probabilities, (probability, index) => ({ class: index, probability }))
    .sort((a, b) => b.probability - a.probability || a.class - b.class)
    .slice(0, count);
}
