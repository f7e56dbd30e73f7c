import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { googlenet, googlenetHeads } from '../../../src/models/googlenet';
import type { OptimizerName } from '../../../src/optim/registry';
import { optimizerOf } from '../../../src/train/recipes';
import { Trainer } from '../../../src/train/trainer';

/** Images of a step. */
const BATCH = 4;

export interface Course {
  readonly optimizer: OptimizerName;
  readonly rate: number;
  readonly microBatches: number;
}

/**
 * Ten steps of the small GoogLeNet, dropout and all: the total loss of each, and a SHA-256 of the bits of every loss and
 * gradient norm, then of all weights by the order of their names, in PyTorch's shapes.
 */
export async function trajectory(context: JobContext, { optimizer, rate, microBatches }: Course) {
  const engine = await sharedEngine(context);
  const net = googlenet({
    classes: 10,
    batch: BATCH / microBatches,
    inputSize: 65,
    width: 1 / 8,
    mode: 'train',
  });
  const { graph, images } = net;
  const heads = googlenetHeads(net);
  const trainer = await Trainer.create(engine, {
    graph,
    images,
    heads,
    optimizer: optimizerOf({ optimizer }),
    rate,
    microBatches,
    seed: 3,
  });
  const size = sizeOf(images.shape.slice(1));
  const totals: number[] = [];
  const numbers: number[] = [];
  for (let step = 0; step < 10; step++) {
    const images = uniform(BATCH * size, 1, step, 'trajectory');
    const labels = Array.from({ length: BATCH }, (_, image) => (3 * image + step) % 10);
    const { total, losses, gradientNorm } = await trainer.step(images, labels);
    totals.push(total);
    numbers.push(total, ...heads.map(({ name }) => losses[name] ?? NaN), gradientNorm);
  }
  const tensors = [...(await trainer.parameters.readAll())].sort(([a], [b]) => (a < b ? -1 : 1));
  trainer.destroy();
  const all = [Float32Array.from(numbers), ...tensors.map(([, { data }]) => data)];
  const bytes = await new Blob(all.map((data) => new Float32Array(data))).arrayBuffer();
  return {
    adapter: engine.adapterName,
    runtime: context.runtime,
    totals,
    hash: hexadecimal(await crypto.subtle.digest('SHA-256', bytes)),
  };
}

const hexadecimal = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
