import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { adam } from '../../../src/optim/adam';
import { equalAverage, exponentialAverage } from '../../../src/optim/average';
import { readCheckpoint, writeCheckpoint } from '../../../src/io/checkpoint';
import type { NamedTensors } from '../../../src/runtime/flat_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Trainer } from '../../../src/train/trainer';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { CLASSES, IMAGE, smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { sgd } from '../../../src/optim/sgd';

const STEPS = 3;

/** What three steps with groups change, and what they cost. */
export async function trainGroups(
  context: JobContext,
  { groups }: { readonly groups: readonly { readonly match: string; readonly [field: string]: unknown }[] },
) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, 4, {
    groups: groups,
    optimizer: sgd({ momentum: 0.9, weightDecay: 0.1 }),
  });
  const before = await trainer.parameters.readAll();
  for (let step = 0; step < STEPS; step++) {
    const { images, labels } = smallImages(4, step);
    await trainer.step(images, labels);
  }
  const after = await trainer.parameters.readAll();
  const { program, update } = trainer;
  const report = {
    moved: moved(before, after),
    gradients: [...program.graph.gradients.keys()].map(({ label }) => label),
    ops: program.plan.nodes.map(({ op }) => op.name),
    slots: [...update.slots].map(([name, { layout }]) => [name, [...layout.places.keys()]] as const),
    elements: { slots: update.gradients.layout.elements, variables: trainer.parameters.layout.elements },
    after: [...after].map(([name, { data }]) => [name, [...data]] as const),
  };
  trainer.destroy();
  return report;
}

/** Three steps of a module whose 1x1 convolutions lie in one matrix, with some of them frozen: fused and not. */
export async function trainMerged(context: JobContext, { frozen }: { readonly frozen: readonly string[] }) {
  const engine = await sharedEngine(context);
  const run = async (fuse: boolean) => {
    const graph = new Graph();
    const net = layers(graph);
    const images = graph.input('images', [4, ...IMAGE]);
    const x = net.conv('first', images, { channels: 4, kernel: 3, padding: 1 });
    const point = (name: string, channels: number) =>
      net.conv(name, x, { channels, kernel: 1, merge: 'points' });
    const joined = net.concat('joined', [point('a', 4), point('b', 8), point('c', 4)]);
    const scores = net.linear('fc', net.flatten('flat', joined), { features: CLASSES });
    const heads = [{ name: 'main', scores, weight: 1 }];
    const groups = [{ match: frozen, trainable: false }];
    const trainer = await Trainer.create(engine, {
      graph,
      images,
      heads,
      groups,
      fuse,
      optimizer: sgd(),
      rate: 0.05,
    });
    const before = await trainer.parameters.readAll();
    for (let step = 0; step < STEPS; step++) {
      const { images: photos, labels } = smallImages(4, step);
      await trainer.step(photos, labels);
    }
    const after = await trainer.parameters.readAll();
    const { dispatches } = trainer.program;
    trainer.destroy();
    return { before, after, dispatches };
  };
  const [fused, plain] = [await run(true), await run(false)];
  return {
    dispatches: { fused: fused.dispatches, plain: plain.dispatches },
    moved: moved(fused.before, fused.after),
    distances: Object.fromEntries(
      [...fused.after].map(([name, { data }]) => [name, distance(data, plain.after.get(name)?.data ?? [])]),
    ),
  };
}

/** Names of the tensors that are not the same numbers. */
const moved = (before: NamedTensors, after: NamedTensors): string[] =>
  [...after].flatMap(([name, { data }]) =>
    data.some((w, at) => w !== before.get(name)?.data[at]) ? [name] : [],
  );

/** The averages that a trainer keeps, against those of the weights read after each step; also after a resumed run. */
export async function averages(
  context: JobContext,
  { kind }: { readonly kind: 'equal' | 'exponential' },
): Promise<{ distances: Record<string, Distance>; resumed: boolean; before: boolean; kept: string[] }> {
  const engine = await sharedEngine(context);
  const average = kind === 'equal' ? equalAverage({ from: 1 }) : exponentialAverage({ decay: 0.75 });
  const options = { optimizer: adam(), rate: 0.02, average } as const;
  const trainer = await smallTrainer(engine, 4, {
    ...options,
    groups: [{ match: 'conv1.*', trainable: false }],
  });
  const same = (a: NamedTensors, b: NamedTensors): boolean =>
    [...a].every(([name, { data }]) => data.every((value, at) => value === b.get(name)?.data[at]));
  const start = await trainer.averaged();
  const before = same(await start.readAll(), await trainer.parameters.readAll());
  start.destroy();
  const expected = new Map<string, Float64Array>();
  let file = new Uint8Array();
  for (let step = 0; step < 5; step++) {
    const { images, labels } = smallImages(4, step);
    await trainer.step(images, labels);
    for (const [name, { data }] of await trainer.parameters.readAll()) {
      const old = expected.get(name) ?? Float64Array.from(data);
      const factor = step === 0 ? 1 : kind === 'equal' ? (step === 1 ? 1 : 1 / step) : 0.25;
      expected.set(
        name,
        old.map((value, at) => value + factor * (data[at]! - value)),
      );
    }
    if (step === 2) file = writeCheckpoint(await trainer.checkpoint());
  }
  const averaged = await trainer.averaged();
  const found = await averaged.readAll();
  averaged.destroy();

  const { graph, images, scores } = smallNetwork(4);
  const heads = [{ name: 'main', scores, weight: 1 }];
  const groups = [{ match: 'conv1.*', trainable: false }];
  const again = await Trainer.create(engine, {
    graph,
    images,
    heads,
    ...options,
    groups,
    resume: readCheckpoint(file),
  });
  for (let step = 3; step < 5; step++) {
    const { images: photos, labels } = smallImages(4, step);
    await again.step(photos, labels);
  }
  const second = await again.averaged();
  const resumed = same(found, await second.readAll());
  second.destroy();
  const kept = [...again.update.slots.keys()];
  for (const each of [trainer, again]) each.destroy();
  const distances = Object.fromEntries(
    [...found].map(([name, { data }]) => [name, distance(data, expected.get(name) ?? [])]),
  );
  return { distances, resumed, before, kept };
}

/** Averages asked for while the first step is under way and not finite, and after it; buffers left by that. */
export async function averagesOfHalted(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const trainer = await smallTrainer(engine, 4, { average: exponentialAverage() });
  const before = engine.counters.liveBuffers;
  const { images, labels } = smallImages(4);
  const step = trainer.step(images.fill(3e38), labels).catch(String);
  const ask = () => trainer.averaged();
  const { underWay } = await attempt({ underWay: ask });
  const halted = await step;
  const { after } = await attempt({ after: ask });
  const left = engine.counters.liveBuffers - before;
  trainer.destroy();
  return { underWay, halted, after, left };
}

/** Averages where the parameters hold a variable more than the network: which differ from the weights. */
export async function averagesOfShared(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph } = smallNetwork(4);
  graph.variable({ name: 'other', shape: [5], initial: 7 });
  const parameters = await Parameters.create(engine, graph);
  const before = engine.counters.liveBuffers;
  const trainer = await smallTrainer(engine, 4, { parameters, average: exponentialAverage() });
  for (let step = 0; step < 2; step++) {
    const { images, labels } = smallImages(4, step);
    await trainer.step(images, labels);
  }
  const averaged = await trainer.averaged();
  const [found, weights] = [await averaged.readAll(), await parameters.readAll()];
  averaged.destroy();
  trainer.destroy();
  const left = engine.counters.liveBuffers - before;
  parameters.destroy();
  return { left, moved: moved(weights, found), other: [...(found.get('other')?.data ?? [])] };
}

/** Four steps in which the convolutions wait for the third, whole and resumed from a checkpoint of each step. */
export async function trainLater(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const groups = [{ match: 'conv*', from: 2 }];
  const options = { groups, optimizer: adam({ weightDecay: 0.1 }), rate: 0.01 };
  const stepOf = (trainer: Trainer) => {
    const { images, labels } = smallImages(4, trainer.steps);
    return trainer.step(images, labels);
  };
  const trainer = await smallTrainer(engine, 4, options);
  let before = await trainer.parameters.readAll();
  const movedIn: string[][] = [];
  const files: Uint8Array<ArrayBuffer>[] = [];
  for (let step = 0; step < 4; step++) {
    files.push(writeCheckpoint(await trainer.checkpoint()));
    await stepOf(trainer);
    const after = await trainer.parameters.readAll();
    movedIn.push(moved(before, after));
    before = after;
  }
  trainer.destroy();
  const exact: boolean[] = [];
  const warnings: (string | undefined)[] = [];
  for (const file of files) {
    const again = await smallTrainer(engine, 4, { ...options, resume: readCheckpoint(file) });
    warnings.push(again.warning);
    while (again.steps < 4) await stepOf(again);
    exact.push(moved(before, await again.parameters.readAll()).length === 0);
    again.destroy();
  }
  const other = await smallTrainer(engine, 4, { ...options, groups: [], resume: readCheckpoint(files[1]!) });
  warnings.push(other.warning);
  other.destroy();
  return { movedIn, exact, warnings };
}
