import type { JobContext } from '../job';
import type { Engine } from '../../../src/gpu/engine';
import type { Value } from '../../../src/core/op';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { pytorchNumbers, pytorchTensor, type PytorchCase, type PytorchOp } from '../pytorch_case';
import { runOnce } from '../run_once';
import type { Shape } from '../../../src/core/shape';
import { differentiate } from '../../../src/graph/differentiate';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { caseNamed } from '../../../src/ops/cases/support/all';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';

const loaded = new Map<string, Promise<unknown>>();

/** The entry of a file in test/fixtures that has this name. */
async function entry<T extends { readonly name: string }>(
  { read }: JobContext,
  file: string,
  name: string,
): Promise<T> {
  const parsed = async () =>
    JSON.parse(new TextDecoder().decode(await read(`test/fixtures/${file}.json`))) as T[];
  const cases = (loaded.get(file) ?? parsed()) as Promise<T[]>;
  loaded.set(file, cases);
  const found = (await cases).find((each) => each.name === name);
  if (!found) throw new Error(`comparePytorch: no case of this name in ${file}.json; got ${name}`);
  return found;
}

const compare = (
  { outputs }: Pick<PytorchOp, 'outputs'>,
  got: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Distance> =>
  Object.fromEntries(
    Object.entries(outputs).map(([key, output]) => [key, distance(got[key] ?? [], pytorchNumbers(output))]),
  );

/** Runs a case of src/ops/cases, by name: each output that PyTorch gives, against its float64 numbers. */
export async function comparePytorchOp(
  context: JobContext,
  { file, name }: { readonly file: string; readonly name: string },
): Promise<Record<string, Distance>> {
  const found = await entry<PytorchOp>(context, `ops/${file}`, name);
  const { results } = await runOnce(await sharedEngine(context), caseNamed(name));
  return compare(found, results);
}

/** The same for a case of layers.json. */
export async function comparePytorch(
  context: JobContext,
  { name }: { readonly name: string },
): Promise<Record<string, Distance>> {
  const found = await entry<PytorchCase>(context, 'layers', name);
  return compare(found, await runGraph(await sharedEngine(context), found));
}

/** The case as a user would write it, and where each of its inputs went. */
function build(graph: Graph, { op, inputs, attrs }: PytorchCase): { y: Value; at: Record<string, Value> } {
  const net = layers(graph);
  const { stride = 1, padding = 0, relu = false } = attrs;
  const at: Record<string, Value> = {};
  const input = (key: string): Value => (at[key] = graph.input(key, inputs[key] as Shape));
  /** Weight and bias as the layer declared them. */
  const layer = (y: Value): { y: Value; at: Record<string, Value> } => ({
    y,
    at: { ...at, w: graph.value('layer.weight'), b: graph.value('layer.bias') },
  });
  const [channels = 1, , ...window] = inputs.w ?? [];
  if (op === 'conv2d') {
    const kernel = window as [number, number];
    return layer(net.conv('layer', input('x'), { channels, kernel, stride, padding, relu }));
  }
  if (op === 'linear') {
    const x = input('x');
    const flat = x.shape.length === 4 ? net.flatten('flat', x) : x;
    return layer(net.linear('layer', flat, { features: channels, relu }));
  }
  const [first, ...rest] = Object.keys(inputs).map(input);
  if (!first || op !== 'add') throw new Error(`comparePytorch: cannot build ${op}`);
  return { y: rest.reduce((sum, value) => net.add('sum', sum, value), first), at };
}

async function runGraph(engine: Engine, found: PytorchCase): Promise<Record<string, ArrayLike<number>>> {
  const graph = new Graph();
  const { y, at } = build(graph, found);
  const dy = graph.input('dy', y.shape);
  differentiate(graph, [{ value: y, gradient: dy }], Object.values(at));
  const parameters = await Parameters.create(engine, graph);
  const gradients = gradientBuffer(engine, graph);
  const inputs = Object.values(at).filter(({ role }) => role === 'input');
  const keep = [y, ...inputs.map((value) => graph.gradients.get(value) as Value)];
  const program = await Program.create(engine, graph, { parameters, gradients, keep });
  try {
    for (const [key, value] of Object.entries(at)) {
      const data = pytorchTensor(found, key, found.inputs[key] as Shape);
      if (value.role === 'input') program.write(value.label, data);
      else parameters.write(new Map([[value.label, { shape: value.shape, data }]]));
    }
    program.write('dy', pytorchTensor(found, 'dy', y.shape));
    program.run();
    const entries = Object.entries(at).map(
      async ([key, value]) => [`d${key}`, await program.read(value, 'grad')] as const,
    );
    return { y: await program.read(y), ...Object.fromEntries(await Promise.all(entries)) };
  } finally {
    program.destroy();
    parameters.destroy();
    gradients.destroy();
  }
}
