import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { runReference } from '../reference/graph';
import type { RefTensor } from '../../../src/ops/cases/support/tensor';
import type { Value } from '../../../src/core/op';
import { INITIAL_STEP } from '../../../src/core/step';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { differentiate, weightedLosses } from '../../../src/graph/differentiate';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';

const LABELS = [2, 0];

/** Layers with as many pixels as it takes to split their sums; all in vectors of channels, or some with odd ones. */
function network(odd: boolean) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', [2, 3, 25, 23]);
  const point = { kernel: 1, merge: 'points' } as const;
  let y = net.conv('conv7', images, { channels: 12, kernel: 7, padding: 3 });
  y = net.conv('conv3', y, { channels: odd ? 7 : 16, kernel: 3, padding: 1 });
  y = net.conv('conv5', y, { channels: 8, kernel: 5, stride: 2, padding: 2 });
  y = net.concat('points', [
    net.conv('point8', y, { channels: 8, ...point }),
    net.conv('point4', y, { channels: 4, ...point }),
  ]);
  y = net.flatten('flat', net.avgPool('pool', y, { kernel: 5 }));
  const scores = net.linear('fc', y, { features: 4 });
  const labels = graph.input('labels', [2], 'u32');
  const loss = net.crossEntropy('loss', scores, labels);
  differentiate(graph, weightedLosses(graph, [{ value: loss, weight: 1 }]));
  return { graph, images, labels, loss };
}

interface Options {
  readonly odd: boolean;
  /** Name of a kernel for the weights' gradients. */
  readonly kernel?: string;
  /** Workgroups that fill the adapter: with few, no sum is split. */
  readonly groups?: number;
}

/** The gradient of every weight and bias against float64, with sums split into several parts or none. */
export async function compareLayerGradients(context: JobContext, { odd, kernel, groups = 200 }: Options) {
  const shared = await sharedEngine(context);
  const choose = (problem: string) => (problem.startsWith('backward_weight ') ? kernel : undefined);
  const engine = { ...shared, target: { ...shared.target, parallelWorkgroups: groups, choose } };
  const { graph, images, labels, loss } = network(odd);
  const parameters = await Parameters.create(engine, graph, { seed: 4 });
  const gradients = gradientBuffer(engine, graph);
  const program = await Program.create(engine, graph, { parameters, gradients, keep: [loss] });
  const pixels = uniform(sizeOf(images.shape), 1, 4, 'images');
  program.write('images', pixels);
  program.write('labels', Uint32Array.from(LABELS));
  const names = [...graph.variables.keys()];
  const run = async () => {
    // What is not written, shows.
    engine.device.queue.writeBuffer(
      gradients.buffer,
      0,
      new Float32Array(gradients.layout.elements).fill(NaN),
    );
    program.run();
    return program.readAll(names, 'grad');
  };
  const [first, second] = [await run(), await run()];
  const repeats = first.every((data, index) => data.every((value, at) => value === second[index]?.[at]));

  const weights = await parameters.readAll();
  const given = new Map<Value, RefTensor>([
    [labels, { shape: labels.shape, data: Float64Array.from(LABELS) }],
    [images, { shape: images.shape, data: Float64Array.from(pixels) }],
  ]);
  for (const { value } of graph.variables.values()) {
    given.set(value, { shape: value.shape, data: Float64Array.from(weights.get(value.label)?.data ?? []) });
  }
  const { gradients: expected } = runReference(graph, given, { value: loss, weight: 1 }, INITIAL_STEP);
  const distances: Record<string, Distance> = {};
  names.forEach((name, index) => {
    distances[name] = distance(first[index] ?? [], expected.get(graph.value(name))?.data ?? []);
  });
  const products = program.plan.launches.filter(({ entry }) => entry === 'backward_weight');
  const splits = products.map(({ workgroups: [, y] }) => y);
  const files = [...new Set(products.map(({ shader }) => shader.file))];
  const sums = program.plan.launches.filter(({ shader }) => shader.file === 'sum.wgsl');
  const vectors = sums.map(({ variant }) => variant !== undefined);
  program.destroy();
  parameters.destroy();
  gradients.destroy();
  return { distances, repeats, splits, files, vectors };
}
