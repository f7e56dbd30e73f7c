import { uniform } from '../core/random';
import { sizeOf, type Shape } from '../core/shape';
import type { Engine } from '../gpu/engine';
import { googlenet, googlenetHeads } from '../models/googlenet';
import { sgd } from '../optim/sgd';
import type { Tensor } from '../runtime/flat_buffer';
import { Trainer } from '../train/trainer';
import type { Check, Tensors } from './check';
import { dotProducts, signedSums } from './sums';

/** The network of test/fixtures/googlenet_small.json, whose images leave no ReLU and no maximum in doubt. */
export const NETWORK = {
  seed: 11,
  size: 80,
  width: 0.125,
  classes: 10,
  images: 'images',
  labels: [3, 0, 9, 5],
} as const;

/** He weights, and biases in +-0.1 so that they matter. */
export function networkWeights(
  parameters: readonly (readonly [name: string, shape: Shape])[],
  seed: number,
): Map<string, Tensor> {
  return new Map(
    parameters.map(([name, shape]) => {
      const bound = name.endsWith('.bias') ? 0.1 : Math.sqrt(6 / sizeOf(shape.slice(1)));
      return [name, { shape, data: uniform(sizeOf(shape), bound, seed, name) }];
    }),
  );
}

/** Of a gradient: its products with four vectors of +-1, and its norm. */
export function gradientSums(name: string, values: ArrayLike<number>): number[] {
  const norm = Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
  return [...dotProducts(name, values, NETWORK.seed), norm];
}

/** What the network's outputs are called in expected.json; all other tensors there are gradients. */
export const isOutput = (tensor: string): boolean => /^(loss|scores) of /.test(tensor);

/** GoogLeNet at an eighth of its width with dropout and all three classifiers: one step, by the engine's own choices. */
export const networkCheck: Check = {
  name: 'network/GoogLeNet, width 1/8, 80 x 80, batch 4',
  directions: ['forward', 'backward'],
  directionOf: (tensor) => (isOutput(tensor) ? 'forward' : 'backward'),
  tolerance: 3e-5,
  async run(engine) {
    return [await step(engine), await step(engine)];
  },
  summarise: (tensor, values) => (isOutput(tensor) ? signedSums : gradientSums)(tensor, values),
};

async function step(engine: Engine): Promise<Tensors> {
  const { seed, size, width, classes, images: stream, labels } = NETWORK;
  const batch = labels.length;
  const net = googlenet({ classes, batch, inputSize: size, width, mode: 'train' });
  const { graph, images } = net;
  const heads = googlenetHeads(net);
  const trainer = await Trainer.create(engine, {
    graph,
    images,
    heads,
    optimizer: sgd({ momentum: 0.9 }),
    rate: 0.01,
    seed,
  });
  try {
    const { program, parameters } = trainer;
    const specs = parameters.specs.map(({ name, shape }) => [name, shape] as const);
    await parameters.load(networkWeights(specs, seed));
    const { losses } = await trainer.step(uniform(sizeOf(images.shape), 1, seed, stream), labels);
    const scores = await program.readAll(heads.map((head) => head.scores));
    const names = [...graph.variables.keys()];
    const gradients = await program.readAll(names, 'grad');
    const tensors: (readonly [string, ArrayLike<number>])[] = [
      ...heads.map(({ name }) => [`loss of ${name}`, [losses[name] ?? NaN]] as const),
      ...heads.map(({ name }, index) => [`scores of ${name}`, scores[index] ?? []] as const),
      ...names.map((name, index) => [name, gradients[index] ?? []] as const),
    ];
    return Object.fromEntries(tensors);
  } finally {
    trainer.destroy();
  }
}
