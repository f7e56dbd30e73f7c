import { isTyped, typeName } from '../core/check';
import { AbortError, ShapeError, ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import type { Value } from '../core/op';
import { uniform } from '../core/random';
import * as is from '../core/rules';
import { formatShape, sizeOf } from '../core/shape';
import { requireDevice, type Engine } from '../gpu/engine';
import { differentiate } from '../graph/differentiate';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../runtime/flat_buffer';
import type { Parameters } from '../runtime/parameters';
import { Program } from '../runtime/program';
import { rangeOf } from './tensor';

/** Of which network, picture and class, and how it is smoothed. */
export interface InputGradientOptions {
  /** Dropout, if it has any, drops nothing here. It must read nothing but images. */
  readonly graph: Graph;
  /** The graph's input, (N, C, H, W) of float32: N noisy images are looked at together. */
  readonly images: Value;
  /** (N, classes). */
  readonly scores: Value;
  readonly parameters: Parameters;
  /** One image, (C, H, W). */
  readonly image: Float32Array;
  /** Its number. */
  readonly class: number;
  /** Noisy images whose gradients are averaged. Default 16. */
  readonly samples?: number;
  /** Standard deviation of the noise, as a share of the range of the image's numbers. Default 0.15; 0: no noise. */
  readonly noise?: number;
  /** Of the noise. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Told of noisy images that are done. */
  readonly onProgress?: (done: number, samples: number) => void | Promise<void>;
}

const VALUE = is.needed(is.having('shape', 'label', 'role'));
const OPTIONS: Rules<InputGradientOptions> = {
  graph: is.needed(is.having('nodes', 'inputs', 'variables')),
  images: VALUE,
  scores: VALUE,
  parameters: is.needed(is.having('buffer', 'layout')),
  image: is.needed(is.anything),
  class: is.needed(is.whole(0)),
  samples: is.whole(1, 10_000),
  noise: is.number({ least: 0 }),
  seed: is.seed,
  signal: is.having('aborted'),
  onProgress: is.callable,
};

const WHERE = 'inputGradient';

/**
 * Which pixels a class's score hangs on: its gradient for the image, averaged over noisy copies (SmoothGrad: Smilkov et al.
 * 2017, "SmoothGrad: removing noise by adding noise"), of which the largest magnitude among the channels is taken. It is the
 * score's gradient, not the loss's, which fades where the network is sure. The same seed gives the same noise everywhere.
 *
 *     const { graph, images, scores2: scores } = googlenet({ classes, batch: 4, aux: false });
 *     const map = await inputGradient(engine, { graph, images, scores, parameters, image, class: 3 });
 *
 * @returns (H, W)
 * @throws {ShapeError | ValueError} for what does not fit together; {AbortError} once `signal` fires; what `Program.create` throws
 */
export async function inputGradient(engine: Engine, options: InputGradientOptions): Promise<Tensor> {
  requireDevice(engine, WHERE);
  checkOptions(WHERE, options, OPTIONS);
  const {
    images,
    scores,
    parameters,
    image,
    samples = 16,
    noise = 0.15,
    seed = 0,
    signal,
    onProgress,
  } = options;
  const [batch = 1, channels = 1, height = 1, width = 1] = images.shape;
  const [rows, classes = 1] = scores.shape;
  if (images.dtype !== 'f32' || images.shape.length !== 4 || rows !== batch || scores.shape.length !== 2) {
    const got = `${images.dtype} ${formatShape(images.shape)}, ${formatShape(scores.shape)}`;
    throw new ShapeError(WHERE, 'needs images of f32 (N, C, H, W) and scores of (N, classes)', got);
  }
  const each = sizeOf([channels, height, width]);
  if (!isTyped(image, 'Float32Array'))
    throw new ValueError(WHERE, 'image must be a Float32Array', typeName(image));
  if (image.length !== each)
    throw new ShapeError(WHERE, `image must have ${each} numbers`, `${image.length}`);
  is.whole(0, classes - 1)(WHERE, 'class', options.class);
  const graph = options.graph.forClassifying();
  const gradient = graph.input(`${scores.label}.gradient`, scores.shape);
  differentiate(graph, [{ value: scores, gradient }], [images], () => false);
  const wanted = graph.gradients.get(images);
  if (!wanted) throw new ValueError(WHERE, 'the scores do not depend on the images', images.label);
  const program = await Program.create(engine, graph, { parameters, keep: [wanted] });
  try {
    const ones = new Float32Array(batch * classes);
    for (let row = 0; row < batch; row++) ones[row * classes + options.class] = 1;
    program.write(gradient.label, ones);
    const { low, high } = rangeOf(image);
    const sums = new Float64Array(each);
    const input = new Float32Array(batch * each);
    for (let done = 0; done < samples;) {
      if (signal?.aborted) throw new AbortError(WHERE, 'stopped by the caller', `${done} of ${samples}`);
      const count = Math.min(batch, samples - done);
      for (let row = 0; row < count; row++)
        input.set(noisy(image, noise * (high - low), seed, done + row), row * each);
      program.write(images.label, input);
      program.run();
      const found = await program.read(images, 'grad');
      for (let index = 0; index < count * each; index++) sums[index % each]! += found[index]!;
      done += count;
      await onProgress?.(done, samples);
    }
    const area = height * width;
    const largest = Float32Array.from({ length: area }, (_, place) => {
      const ofChannels = Array.from({ length: channels }, (_, channel) =>
        Math.abs(sums[channel * area + place]!),
      );
      return Math.max(...ofChannels) / samples;
    });
    return { shape: [height, width], data: largest };
  } finally {
    program.destroy();
  }
}

/** The image with normal noise, by the method of Box and Muller (1958), equation 1. */
function noisy(image: Float32Array, deviation: number, seed: number, sample: number): Float32Array {
  if (deviation === 0) return image;
  const drawn = uniform(2 * image.length, 1, seed, `noise ${sample}`);
  return image.map((number, index) => {
    const radius = Math.sqrt(-2 * Math.log((1 - drawn[2 * index]!) / 2));
    return number + deviation * radius * Math.cos(Math.PI * drawn[2 * index + 1]!);
  });
}
