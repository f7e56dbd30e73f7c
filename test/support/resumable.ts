// A small training run that can be interrupted anywhere.
import type { Checkpoint } from '../../src/io/checkpoint';
import type { OptimizerName } from '../../src/optim/registry';
import type { Batch } from '../../src/train/fit';
import type { TrainerOptions } from '../../src/train/trainer_options';
import { smallNetwork, smallImages } from './small_trainer';
import { optimizerOf } from '../../src/train/recipes';

/** Images of a step. */
export const BATCH = 4;

export interface Setup {
  readonly optimizer: OptimizerName;
  readonly microBatches: number;
  readonly dropout: number;
}

export function network({ optimizer, microBatches, dropout }: Setup, seed = 11): TrainerOptions {
  const { graph, images, scores } = smallNetwork(BATCH / microBatches, dropout);
  return {
    graph,
    images,
    heads: [{ name: 'main', scores, weight: 1 }],
    optimizer: optimizerOf({ optimizer }),
    rate: (step) => 0.01 / (1 + step),
    microBatches,
    seed,
  };
}

/** Without end, from the `done`-th step on. */
export function* batches(done: number): Generator<Batch> {
  for (let step = done; ; step++) yield smallImages(BATCH, step);
}

/** Names of tensors that are not the same bits in both. */
export function differing(a: Checkpoint, b: Checkpoint): string[] {
  const bits = (data: Float32Array) => new Uint32Array(data.buffer, data.byteOffset, data.length);
  return [['weights', a.weights] as const, ...a.slots].flatMap(([group, tensors]) =>
    [...tensors].flatMap(([name, { data }]) => {
      const others = group === 'weights' ? b.weights : b.slots.get(group);
      const other = bits(others?.get(name)?.data ?? new Float32Array(0));
      const same = other.length === data.length && bits(data).every((word, index) => word === other[index]);
      return same ? [] : [`${group}/${name}`];
    }),
  );
}
