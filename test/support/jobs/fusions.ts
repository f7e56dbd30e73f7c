import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import type { Engine } from '../../../src/gpu/engine';
import { FUSION_NAMES, type FuseOptions } from '../../../src/graph/fuse_options';
import { googlenet, googlenetHeads } from '../../../src/models/googlenet';
import { Parameters } from '../../../src/runtime/parameters';
import { Trainer } from '../../../src/train/trainer';
import { sgd } from '../../../src/optim/sgd';

const BATCH = 2;
const SIZE = 80;

interface Step {
  readonly dispatches: number;
  readonly results: Readonly<Record<string, ArrayLike<number>>>;
}

/** Losses, scores and every gradient of one training step of the small network. */
async function step(engine: Engine, fuse: FuseOptions): Promise<Step> {
  const net = googlenet({ classes: 10, batch: BATCH, inputSize: SIZE, width: 1 / 8, mode: 'train' });
  const { graph, images } = net;
  const parameters = await Parameters.create(engine, graph, { seed: 3, initial: 'pytorch' });
  const trainer = await Trainer.create(engine, {
    graph,
    images,
    parameters,
    heads: googlenetHeads(net),
    optimizer: sgd({ momentum: 0.9 }),
    rate: 0,
    seed: 5,
    fuse,
  });
  const { losses } = await trainer.step(uniform(sizeOf(images.shape), 1, 9, 'images'), [3, 7]);
  const results: Record<string, ArrayLike<number>> = {};
  for (const [head, loss] of Object.entries(losses)) results[`loss of ${head}`] = [loss];
  for (const { name, scores } of googlenetHeads(net)) results[name] = await trainer.program.read(scores);
  const names = [...graph.variables.keys()];
  const gradients = await trainer.program.readAll(names, 'grad');
  names.forEach((name, index) => (results[name] = gradients[index] ?? []));
  const { dispatches } = trainer.program;
  trainer.destroy();
  parameters.destroy();
  return { dispatches, results };
}

/** The same step with no fusion, and with all but each: how far its numbers are from those with all. */
export async function compareFusions(context: JobContext, _args: object) {
  const engine = await sharedEngine(context);
  const all = await step(engine, true);
  const compare = async (fuse: FuseOptions) => {
    const { dispatches, results } = await step(engine, fuse);
    const distances: Record<string, Distance> = {};
    for (const [name, data] of Object.entries(results))
      distances[name] = distance(data, all.results[name] ?? []);
    return { dispatches, distances };
  };
  const without: Record<string, Awaited<ReturnType<typeof compare>>> = { every: await compare(false) };
  for (const name of FUSION_NAMES) without[name] = await compare({ [name]: false });
  return { dispatches: all.dispatches, without };
}
