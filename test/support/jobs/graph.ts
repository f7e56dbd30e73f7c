import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { randomGraph } from '../random_graph';
import { runReference } from '../reference/graph';
import type { RefTensor } from '../reference/tensor';
import type { Value } from '../../../src/core/op';
import { INITIAL_STEP } from '../../../src/core/step';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { FUSION_NAMES, type FuseOptions, type FusionName } from '../../../src/graph/fuse';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { storageBuffer } from '../../../src/runtime/buffers';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';

const LABELS = Uint32Array.of(3, 1);
const STEP = { seed: 11, step: 2 };

/** The loss, the gradient of every parameter and input, and some values on the way; by name. */
type Results = Readonly<Record<string, ArrayLike<number>>>;

interface Variant {
  readonly fuse: FuseOptions;
  /** Keep every value, so that nothing is fused and no memory is used twice. */
  readonly keepAll: boolean;
}

async function runOnGpu(context: JobContext, seed: number, { fuse, keepAll }: Variant): Promise<Results> {
  const engine = await sharedEngine(context);
  const { graph, loss, images } = randomGraph(seed);
  const parameters = await Parameters.create(engine, graph, { seed });
  const gradients = storageBuffer(engine, 'gradients', parameters.layout.elements * 4);
  const reached = images.filter((image) => graph.gradients.has(image));
  const keep = keepAll ? 'all' : [loss, ...reached.map((image) => graph.gradients.get(image) as Value)];
  const program = await Program.create(engine, graph, { parameters, gradients, keep, fuse });
  for (const { label, shape } of images) program.write(label, uniform(sizeOf(shape), 1, seed, label));
  program.write('labels', LABELS);
  program.run({ step: STEP });
  const wanted = [...[...graph.parameters.values()].map(({ value }) => value), ...reached];
  const found = await program.readAll(wanted, 'grad');
  const results: Record<string, ArrayLike<number>> = { loss: await program.read(loss) };
  wanted.forEach(({ label }, index) => (results[label] = found[index] ?? []));
  if (keepAll) {
    const values = forwardValues(graph);
    const read = await program.readAll(values);
    values.forEach(({ label }, index) => (results[`value of ${label}`] = read[index] ?? []));
  }
  program.destroy();
  parameters.destroy();
  gradients.destroy();
  return results;
}

/** What the forward part computes, in numbers: positions of maxima are not meant. */
const forwardValues = ({ nodes, forwardNodes }: Graph): Value[] =>
  nodes
    .slice(0, forwardNodes)
    .flatMap(({ outputs }) => Object.values(outputs).filter(({ dtype }) => dtype === 'f32'));

async function runOnCpu(context: JobContext, seed: number): Promise<Results> {
  const { graph, loss, images, labels } = randomGraph(seed);
  const parameters = await Parameters.create(await sharedEngine(context), graph, { seed });
  const weights = await parameters.readAll();
  parameters.destroy();
  const given = new Map<Value, RefTensor>([
    [labels, { shape: labels.shape, data: Float64Array.from(LABELS) }],
  ]);
  for (const image of images) {
    const { shape, label } = image;
    given.set(image, { shape, data: Float64Array.from(uniform(sizeOf(shape), 1, seed, label)) });
  }
  for (const { value } of graph.parameters.values()) {
    given.set(value, { shape: value.shape, data: Float64Array.from(weights.get(value.label)?.data ?? []) });
  }
  const { values, gradients } = runReference(
    graph,
    given,
    { value: loss, weight: 0.7 },
    { ...INITIAL_STEP, ...STEP },
  );
  const results: Record<string, ArrayLike<number>> = { loss: values.get(loss)?.data ?? [] };
  for (const value of given.keys()) {
    const gradient = gradients.get(value);
    if (gradient && value !== labels) results[value.label] = gradient.data;
  }
  for (const value of forwardValues(graph))
    results[`value of ${value.label}`] = values.get(value)?.data ?? [];
  return results;
}

/**
 * A random network, fused and in reused memory, unfused, and with every value kept; each against float64. And with one
 * fusion left out, another one for each seed.
 */
export async function compareRandomGraph(context: JobContext, { seed }: { readonly seed: number }) {
  const leftOut = FUSION_NAMES[seed % FUSION_NAMES.length] as FusionName;
  const expected = await runOnCpu(context, seed);
  const variants = {
    fused: await runOnGpu(context, seed, { fuse: true, keepAll: false }),
    unfused: await runOnGpu(context, seed, { fuse: false, keepAll: false }),
    allButOne: await runOnGpu(context, seed, { fuse: { [leftOut]: false }, keepAll: false }),
    kept: await runOnGpu(context, seed, { fuse: true, keepAll: true }),
  };
  const { fused, unfused, allButOne, kept } = variants;
  const compare = (got: Results, wanted: Results): Record<string, Distance> =>
    Object.fromEntries(Object.entries(got).map(([name, data]) => [name, distance(data, wanted[name] ?? [])]));
  return {
    fused: compare(fused, expected),
    kept: compare(kept, expected),
    unfusedFromFused: compare(unfused, fused),
    allButOneFromFused: compare(allButOne, fused),
    /** Names the reference has, and those that the variant that keeps everything gave. */
    names: [Object.keys(expected), Object.keys(kept)].map((names) => names.sort()),
  };
}

/** Two convolutions joined; a flattened branch must keep rows without gaps, so it is copied. */
export async function joinBranches(context: JobContext, { copied }: { readonly copied: boolean }) {
  const engine = await sharedEngine(context);
  const graph = new Graph();
  const net = layers(graph);
  const x = graph.input('x', [2, 4, 5, 6]);
  const a = net.conv('a', x, { channels: 6, kernel: 3, padding: 1 });
  const b = net.conv('b', x, { channels: 4, kernel: 1 });
  const y = net.concat('y', [a, b]);
  if (copied) net.flatten('flat', a);
  const parameters = await Parameters.create(engine, graph, { seed: 1 });
  const program = await Program.create(engine, graph, { parameters, keep: [y] });
  program.write('x', uniform(sizeOf(x.shape), 1, 1, 'x'));
  program.run();
  const data = await program.read(y);
  const copies = program.plan.launches.filter(({ shader }) => shader.file === 'concat.wgsl').length;
  program.destroy();
  parameters.destroy();
  return { data, copies };
}
