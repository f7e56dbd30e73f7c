import { googlenet, googlenetHeads, uniform, type GoogLeNet, type Tensor } from '../../src/index';
import { layersOf, type Layer } from './layers';
import type { Drawn } from '../../src/core/variable';

/**
 * What is timed. `forward`: image in, scores of the main classifier out. `train`: a whole step, with both auxiliary
 * classifiers and SGD with momentum. `gradients`: loss and gradients of all weights, main classifier only.
 */
export type Task = 'forward' | 'train' | 'gradients';

export interface Sizes {
  readonly batch: number;
  /** Height and width of the images. */
  readonly size: number;
}

/** A task with its numbers: the same for every contender. */
export interface Problem extends Sizes {
  readonly task: Task;
  readonly classes: number;
  readonly layers: readonly Layer[];
  /** Name of the input, (N, 3, size, size). */
  readonly input: string;
  readonly heads: readonly { readonly scores: string; readonly weight: number }[];
  /** By name, in PyTorch's shapes and order. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** In PyTorch's order. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly labels: readonly number[];
  readonly rate: number;
  readonly momentum: number;
  /** Parameters whose gradients are compared. */
  readonly checked: readonly string[];
}

const CLASSES = 1000;
const SEED = 1;

/** From the first layer to the last: 7x7, 1x1, 3x3, 5x5, linear, and one behind a flattened plane. */
const CHECKED = [
  'conv1.weight',
  'conv1.bias',
  'conv2.weight',
  'inception3a.conv2.weight',
  'inception4e.conv3.weight',
  'inception5b.reduce2.weight',
  'linear5.weight',
  'aux_classifier1.fc3.weight',
];

/** The network of a task. Without dropout, so that losses and gradients can be compared. */
export const networkOf = (task: Task, { batch, size }: Sizes): GoogLeNet =>
  googlenet({ classes: CLASSES, batch, inputSize: size, aux: task === 'train', mode: 'infer' });

/** He weights, and biases in +-0.1 so that they matter: all from the library's generator, so nothing is stored. */
export function problemOf(task: Task, sizes: Sizes): Problem {
  const net = networkOf(task, sizes);
  const weights = new Map<string, Tensor>();
  for (const [name, { variable }] of net.graph.variables) {
    const { shape, initial } = variable;
    const { draw, fanIn } = initial as Drawn;
    const count = shape.reduce((product, length) => product * length, 1);
    const bound = draw === 'bias' ? 0.1 : Math.sqrt(6 / fanIn);
    weights.set(name, { shape, data: uniform(count, bound, SEED, name) });
  }
  const { batch, size } = sizes;
  return {
    ...sizes,
    task,
    classes: CLASSES,
    layers: layersOf(net.graph),
    input: net.images.label,
    heads: googlenetHeads(net).map(({ scores, weight }) => ({ scores: scores.label, weight })),
    weights,
    images: uniform(batch * 3 * size * size, 1, SEED, 'images'),
    labels: Array.from({ length: batch }, (_, index) => (7 + 37 * index) % CLASSES),
    // The loss falls by about a hundredth in the first step: enough to see an update that is wrong, and smooth.
    rate: 1e-5,
    momentum: 0.9,
    checked: CHECKED.filter((name) => weights.has(name)),
  };
}
