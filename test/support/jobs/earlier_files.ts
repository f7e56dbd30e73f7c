// Goes on from the files in test/fixtures/59122ee, whose make.mjs says how they were made.
import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { Graph } from '../../../src/graph/graph';
import { readCheckpoint } from '../../../src/io/checkpoint';
import { readSafetensors } from '../../../src/io/safetensors';
import { loadWeights } from '../../../src/io/weights';
import { layers } from '../../../src/models/layers';
import { Parameters } from '../../../src/runtime/parameters';
import { adam } from '../../../src/optim/adam';
import type { Optimizer } from '../../../src/optim/optimizer';
import { sgd } from '../../../src/optim/sgd';
import { Trainer } from '../../../src/train/trainer';

const FOLDER = 'test/fixtures/59122ee';

/** How the runs were trained. */
const OPTIMIZERS = {
  sgd: sgd({ momentum: 0.8, weightDecay: 0.001 }),
  sgd_defaults: sgd({ momentum: 0.9 }),
  adam: adam(),
} as const satisfies Record<string, Optimizer>;

export type EarlierRun = keyof typeof OPTIMIZERS;

/** Two merged convolutions, a pool, a third, and a linear layer on flattened planes of 5x3x3; no channels in fours. */
function network() {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [2, 3, 6, 6]);
  const both = { kernel: 3, padding: 1, merge: 'both' } as const;
  const left = net.conv('left', images, { channels: 5, ...both });
  const right = net.conv('right', images, { channels: 3, ...both });
  const pooled = net.maxPool('pooled', net.concat('joined', [left, right]), { kernel: 2 });
  const last = net.conv('last', pooled, { channels: 5, kernel: 1 });
  const flat = net.dropout('thinned', net.flatten('flat', last), 0.25);
  return { graph, images, scores: net.linear('fc', flat, { features: 4 }) };
}

type Named = ReadonlyMap<string, { readonly data: ArrayLike<unknown> }>;

/** By name, the numbers of both. */
const pairs = (found: Named, expected: Named) =>
  [...expected].map(([name, { data }]) => ({
    name,
    found: Array.from(found.get(name)?.data ?? [], Number),
    expected: Array.from(data, Number),
  }));

/** Loads the checkpoint of a run after 3 steps and trains 2 more; and loads its weights file. */
export async function goOnEarlier(context: JobContext, { run }: { readonly run: EarlierRun }) {
  const engine = await sharedEngine(context);
  const file = (what: string) => context.read(`${FOLDER}/${run}.${what}.safetensors`);
  const saved = readSafetensors(await file('weights')).tensors;

  const { graph, images, scores } = network();
  const trainer = await Trainer.create(engine, {
    graph,
    images,
    heads: [{ name: 'main', scores, weight: 1 }],
    optimizer: OPTIMIZERS[run],
    rate: 0.03125,
    // The checkpoint's own is 7.
    seed: 99,
    resume: readCheckpoint(await file('checkpoint')),
  });
  const resumed = pairs(await trainer.parameters.readAll(), saved);
  const losses: number[] = [];
  for (let step = trainer.steps; step < 5; step++) {
    const images = Float32Array.from({ length: 216 }, (_, at) => ((at * 37 + step * 11) % 64) / 32 - 1);
    losses.push((await trainer.step(images, [step % 4, (step + 1) % 4])).total);
  }
  const after = readSafetensors(await file('after')).tensors;
  const trained = pairs(await trainer.parameters.readAll(), after);
  const { warning } = trainer;
  trainer.destroy();

  const parameters = await Parameters.create(engine, network().graph, { seed: 99 });
  const { metadata } = await loadWeights(parameters, await file('weights'));
  const loaded = pairs(await parameters.readAll(), saved);
  parameters.destroy();
  return { warning, resumed, loaded, metadata, losses, trained };
}
