import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { variedGraph } from '../fuzz/varied_graph';
import { randomGraph, type RandomGraph } from '../random_graph';
import { exact, runReference, toFloat32 } from '../reference/graph';
import { trainedRowsGraph, type TrainedRows } from '../trained_rows';
import type { RefTensor } from '../../../src/ops/cases/support/tensor';
import type { Value } from '../../../src/core/op';
import { INITIAL_STEP } from '../../../src/core/step';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { FUSION_NAMES, type FuseOptions, type FusionName } from '../../../src/graph/fuse_options';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';

const STEP = { seed: 11, step: 2 };

/** Classes 1 and 0 in turn, which every graph has. */
const labelsOf = ({ labels }: RandomGraph): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: labels.shape[0] ?? 1 }, (_, index) => 1 - (index % 2));

/** Makes the same graph each time it is called: what is added to one by a run must not be there for the next. */
type Make = () => RandomGraph;

/** The loss, the gradient of every parameter and input, and some values on the way; by name. */
type Results = Readonly<Record<string, ArrayLike<number>>>;

interface Variant {
  readonly fuse: FuseOptions;
  /** Keep every value, so that nothing is fused and no memory is used twice. */
  readonly keepAll: boolean;
}

async function runOnGpu(
  context: JobContext,
  make: Make,
  seed: number,
  { fuse, keepAll }: Variant,
): Promise<Results> {
  const engine = await sharedEngine(context);
  const made = make();
  const { graph, loss, images } = made;
  const parameters = await Parameters.create(engine, graph, { seed });
  const gradients = gradientBuffer(engine, graph);
  const reached = images.filter((image) => graph.gradients.has(image));
  const keep = keepAll ? 'all' : [loss, ...reached.map((image) => graph.gradients.get(image) as Value)];
  const program = await Program.create(engine, graph, { parameters, gradients, keep, fuse });
  for (const { label, shape } of images) program.write(label, uniform(sizeOf(shape), 1, seed, label));
  program.write('labels', labelsOf(made));
  program.run({ step: STEP });
  const wanted = [...[...graph.variables.values()].map(({ value }) => value), ...reached];
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

/** @param sample in float32, from inputs that are moved by half a unit in the last place, each time differently */
async function runOnCpu(context: JobContext, make: Make, seed: number, sample?: number): Promise<Results> {
  const made = make();
  const { graph, loss, images, labels } = made;
  const parameters = await Parameters.create(await sharedEngine(context), graph, { seed });
  const weights = await parameters.readAll();
  parameters.destroy();
  const move = ({ shape, data }: RefTensor, name: string): RefTensor => {
    if (sample === undefined) return { shape, data };
    const by = uniform(data.length, 2 ** -24, sample, name);
    return { shape, data: data.map((value, index) => value * (1 + (by[index] ?? 0))) };
  };
  const given = new Map<Value, RefTensor>([
    [labels, { shape: labels.shape, data: Float64Array.from(labelsOf(made)) }],
  ]);
  for (const image of images) {
    const { shape, label } = image;
    given.set(image, move({ shape, data: Float64Array.from(uniform(sizeOf(shape), 1, seed, label)) }, label));
  }
  for (const { value } of graph.variables.values()) {
    const data = Float64Array.from(weights.get(value.label)?.data ?? []);
    given.set(value, move({ shape: value.shape, data }, value.label));
  }
  const { values, gradients } = runReference(
    graph,
    given,
    { value: loss, weight: 0.7 },
    { ...INITIAL_STEP, ...STEP },
    sample === undefined ? exact : toFloat32,
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

const compare = (got: Results, wanted: Results): Record<string, Distance> =>
  Object.fromEntries(Object.entries(got).map(([name, data]) => [name, distance(data, wanted[name] ?? [])]));

interface Seed {
  readonly seed: number;
  /** An op that takes part in the network. */
  readonly guest?: string;
}

/**
 * A random network, fused and in reused memory, unfused, and with every value kept; each against float64. And with one
 * fusion left out, another one for each seed.
 */
export const compareRandomGraph = (context: JobContext, { seed, guest }: Seed) =>
  compareVariants(context, () => randomGraph(seed, 12, guest), seed);

/** A network whose trained variables are rows of channels, the same way. */
export const compareTrainedRows = (context: JobContext, { name }: { readonly name: TrainedRows }) =>
  compareVariants(context, () => trainedRowsGraph(name), 0);

async function compareVariants(context: JobContext, make: Make, seed: number) {
  const leftOut = FUSION_NAMES[seed % FUSION_NAMES.length] as FusionName;
  const expected = await runOnCpu(context, make, seed);
  const variants = {
    fused: await runOnGpu(context, make, seed, { fuse: true, keepAll: false }),
    unfused: await runOnGpu(context, make, seed, { fuse: false, keepAll: false }),
    allButOne: await runOnGpu(context, make, seed, { fuse: { [leftOut]: false }, keepAll: false }),
    kept: await runOnGpu(context, make, seed, { fuse: true, keepAll: true }),
  };
  const { fused, unfused, allButOne, kept } = variants;
  return {
    fused: compare(fused, expected),
    kept: compare(kept, expected),
    unfusedFromFused: compare(unfused, fused),
    allButOneFromFused: compare(allButOne, fused),
    /** Names the reference has, and those that the variant that keeps everything gave. */
    names: [Object.keys(expected), Object.keys(kept)].map((names) => names.sort()),
  };
}

/** One try may be right by luck. */
const SAMPLES = 4;

/**
 * A random network of random shapes, as it is shipped and with every value kept, against float64. `rounding` is how far
 * from there the same loops get in float32, at most, in some tries: far where large terms cancel.
 */
export async function compareVariedGraph(context: JobContext, { seed, guest }: Seed) {
  const make = (): RandomGraph => variedGraph(seed, guest);
  const expected = await runOnCpu(context, make, seed);
  const fused = await runOnGpu(context, make, seed, { fuse: true, keepAll: false });
  const kept = await runOnGpu(context, make, seed, { fuse: false, keepAll: true });
  const samples: ReturnType<typeof compare>[] = [];
  for (let sample = 0; sample < SAMPLES; sample++)
    samples.push(compare(await runOnCpu(context, make, seed, sample), expected));
  const { graph } = make();
  return {
    fused: compare(fused, expected),
    kept: compare(kept, expected),
    rounding: Object.fromEntries(
      Object.keys(expected).map((name) => [
        name,
        Math.max(...samples.map((sample) => sample[name]?.relative ?? 0)),
      ]),
    ),
    missing: Object.keys(expected).filter((name) => !(name in kept)),
    ops: graph.nodes.slice(0, graph.forwardNodes).map(({ op }) => op.name),
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

/** Bytes of each slot of a random network, as planned and as the device made them. */
export async function allocateSlots(context: JobContext, { seed }: { readonly seed: number }) {
  const engine = await sharedEngine(context);
  const { graph, loss } = randomGraph(seed);
  const parameters = await Parameters.create(engine, graph, { seed });
  const gradients = gradientBuffer(engine, graph);
  const program = await Program.create(engine, graph, { parameters, gradients, keep: [loss] });
  const allocated = program.slots.map(({ size }) => size);
  program.destroy();
  parameters.destroy();
  gradients.destroy();
  return { planned: program.plan.slots, allocated, bytes: program.bytes };
}
