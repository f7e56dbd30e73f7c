import type { JobContext } from '../job';
import type { Engine } from '../../../src/gpu/engine';
import type { Value } from '../../../src/core/op';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { pytorchNumbers, pytorchTensor, type PytorchCase, type PytorchOp } from '../pytorch_case';
import { runOnce } from '../run_once';
import { sizeOf, type Shape } from '../../../src/core/shape';
import { differentiate } from '../../../src/graph/differentiate';
import { Graph } from '../../../src/graph/graph';
import { layers } from '../../../src/models/layers';
import { caseNamed } from '../../../src/ops/cases/support/all';
import { adam } from '../../../src/optim/adam';
import { sgd } from '../../../src/optim/sgd';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';
import { weight } from '../weights';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Update } from '../../../src/runtime/update';

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

/** The same for a case of layers.json or optimizers.json. */
export async function comparePytorch(
  context: JobContext,
  { file, name }: { readonly file: 'layers' | 'optimizers'; readonly name: string },
): Promise<Record<string, Distance>> {
  const found = await entry<PytorchCase>(context, file, name);
  const engine = await sharedEngine(context);
  return compare(found, await (file === 'optimizers' ? runUpdates(engine, found) : runGraph(engine, found)));
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
      else await parameters.load(new Map([[value.label, { shape: value.shape, data }]]), { complete: false });
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

/** Three updates of one variable, with gradients written where backward would leave them. */
async function runUpdates(engine: Engine, found: PytorchCase): Promise<Record<string, ArrayLike<number>>> {
  const { op, attrs } = found;
  const shape = found.inputs.w as Shape;
  const graph = new Graph();
  weight(graph, { name: 'w', shape });
  const parameters = await Parameters.create(engine, graph);
  const { rate = 0, momentum = 0, decay: weightDecay = 0, beta1 = 0, beta2 = 0, epsilon = 0 } = attrs;
  const optimizer =
    op === 'sgd' ? sgd({ momentum, weightDecay }) : adam({ beta1, beta2, epsilon, weightDecay });
  const update = await Update.create(parameters, optimizer);
  const outputs: Record<string, Float32Array> = {};
  const tensor = (name: string) => new Map([['w', { shape, data: pytorchTensor(found, name, shape) }]]);
  await parameters.load(tensor('w'));
  for (let step = 0; step < (attrs.steps ?? 0); step++) {
    await update.gradients.load(tensor(`dw${step}`));
    const encoder = engine.device.createCommandEncoder({ label: 'update' });
    const pass = encoder.beginComputePass({ label: 'update' });
    update.encode(pass, { step, rate });
    pass.end();
    engine.device.queue.submit([encoder.finish()]);
    outputs[`w${step}`] = (await parameters.readAll()).get('w')?.data ?? new Float32Array(sizeOf(shape));
  }
  update.destroy();
  parameters.destroy();
  return outputs;
}
