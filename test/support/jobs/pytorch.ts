import type { JobContext } from '../job';
import type { Engine } from '../../../src/gpu/engine';
import type { Value } from '../../../src/core/op';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { weight } from '../weights';
import { pytorchTensor, type PytorchCase } from '../pytorch_case';
import { sizeOf, slidingWindow, type Shape } from '../../../src/core/shape';
import { differentiate } from '../../../src/graph/differentiate';
import { Graph } from '../../../src/graph/graph';
import { readSafetensors, type Tensor } from '../../../src/io/safetensors';
import { layers } from '../../../src/models/layers';
import { bias } from '../../../src/ops/bias';
import { conv2d } from '../../../src/ops/conv2d';
import { adam } from '../../../src/optim/adam';
import { sgd } from '../../../src/optim/sgd';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { Update } from '../../../src/runtime/update';

async function load({ read }: JobContext) {
  const [json, tensors] = await Promise.all([
    read('test/fixtures/ops.json'),
    read('test/fixtures/ops.safetensors'),
  ]);
  return {
    cases: JSON.parse(new TextDecoder().decode(json)) as PytorchCase[],
    tensors: readSafetensors(tensors).tensors,
  };
}

let fixture: ReturnType<typeof load> | undefined;

/** Runs one case of test/fixtures/ops.json, by name: each of its outputs against PyTorch's float64 numbers. */
export async function comparePytorch(
  context: JobContext,
  { name }: { readonly name: string },
): Promise<Record<string, Distance>> {
  const { cases, tensors } = await (fixture ??= load(context));
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`comparePytorch: no case of this name; got ${name}`);
  const engine = await sharedEngine(context);
  const optimizer = found.op === 'sgd' || found.op === 'adam';
  const outputs = await (optimizer ? runUpdates(engine, found) : runGraph(engine, found));
  const entries = Object.keys(found.outputs).map((key) => {
    const expected = tensors.get(`${name}.${key}`) as Tensor & { readonly data: Float32Array };
    return [key, distance(outputs[key] ?? [], expected.data)] as const;
  });
  return Object.fromEntries(entries);
}

/** The case as a user would write it, and where each of its inputs went. */
function build(graph: Graph, { op, inputs, attrs }: PytorchCase): { y: Value; at: Record<string, Value> } {
  const net = layers(graph);
  const { kernel = 1, stride = 1, padding = 0, relu = false } = attrs;
  const at: Record<string, Value> = {};
  const input = (key: string): Value => (at[key] = graph.input(key, inputs[key] as Shape));
  const parameter = (key: string): Value =>
    (at[key] = weight(graph, { name: key, shape: inputs[key] as Shape }));
  /** Weight and bias as the layer declared them. */
  const layer = (y: Value): { y: Value; at: Record<string, Value> } => ({
    y,
    at: { ...at, w: graph.value('layer.weight'), b: graph.value('layer.bias') },
  });
  const x = inputs.x ? input('x') : undefined;
  const [channels = 1, , ...window] = inputs.w ?? [];
  if (x && op === 'conv2d' && attrs.bias === true) {
    return layer(
      net.conv('layer', x, { channels, kernel: window as [number, number], stride, padding, relu }),
    );
  }
  if (x && op === 'conv2d') {
    const w = parameter('w');
    const whole = slidingWindow('y', window as [number, number], stride, padding);
    return { y: graph.apply(conv2d, { x, w }, { window: whole }, 'y').y, at };
  }
  if (x && op === 'linear') {
    const flat = x.shape.length === 4 ? net.flatten('flat', x) : x;
    return layer(net.linear('layer', flat, { features: channels, relu }));
  }
  if (x && op === 'max_pool') return { y: net.maxPool('y', x, { kernel, stride, padding }), at };
  if (x && op === 'avg_pool') return { y: net.avgPool('y', x, { kernel, stride, padding }), at };
  if (x && op === 'relu') return { y: net.relu('y', x), at };
  if (x && op === 'bias') return { y: graph.apply(bias, { x, b: parameter('b') }, {}, 'y').y, at };
  if (x && op === 'cross_entropy') {
    const labels = graph.input('labels', [attrs.labels?.length ?? 0], 'u32');
    return { y: net.crossEntropy('y', x, labels), at };
  }
  const [first, ...rest] = Object.keys(inputs).map(input);
  if (!first) throw new Error(`comparePytorch: cannot build ${op}`);
  if (op === 'add') return { y: rest.reduce((sum, value) => net.add('sum', sum, value), first), at };
  if (op === 'concat') return { y: net.concat('y', [first, ...rest]), at };
  throw new Error(`comparePytorch: cannot build ${op}`);
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
      const data = pytorchTensor(found, key, found.inputs[key] as Shape, found.attrs.scale ?? 1);
      if (value.role === 'input') program.write(value.label, data);
      else await parameters.load(new Map([[value.label, { shape: value.shape, data }]]), { complete: false });
    }
    program.write('dy', pytorchTensor(found, 'dy', y.shape, 1));
    if (found.attrs.labels) program.write('labels', Uint32Array.from(found.attrs.labels));
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
  const tensor = (name: string) => new Map([['w', { shape, data: pytorchTensor(found, name, shape, 1) }]]);
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
