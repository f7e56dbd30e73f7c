import type { Value } from '../../src/core/op';
import { sizeOf } from '../../src/core/shape';
import type { Engine } from '../../src/gpu/engine';
import { differentiate } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import type { PlannedLaunch } from '../../src/graph/plan';
import { uniform } from '../../src/core/random';
import { workOf } from '../../src/graph/work';
import { layers } from '../../src/models/layers';
import { encodeLaunches, type PreparedLaunch } from '../../src/runtime/launches';
import { Parameters } from '../../src/runtime/parameters';
import { Program } from '../../src/runtime/program';
import { storageBuffer } from '../../src/runtime/buffers';
import type { Form } from './choices';
import { Clock } from './clock';
import { adapterOf, withEngine, type Adapter, type JobContext } from './context';
import { distinctLayers, type Layer } from './layers';
import { measureRoof, type Roof } from './peak';
import { spread, type Spread } from './statistics';

export interface KernelOptions {
  readonly batch: number;
  /** Only layers whose name or sizes contain this. */
  readonly layers: string;
  readonly forms: readonly Form[];
  readonly rounds: number;
}

export interface KernelRow {
  readonly layer: string;
  readonly sizes: string;
  /** Layers of these sizes in the network. */
  readonly count: number;
  readonly form: Form;
  /** What runs: entry points with their tiles. */
  readonly kernel: string;
  readonly dispatches: number;
  readonly repeats: number;
  /** Milliseconds. */
  readonly time: Spread;
  readonly multiplyAdds: number;
  /** Of every tensor once. */
  readonly bytes: number;
}

export interface KernelResults {
  readonly adapter: Adapter;
  readonly clock: string;
  readonly roof: Roof;
  readonly options: KernelOptions;
  readonly rows: readonly KernelRow[];
}

interface Work extends Omit<KernelRow, 'time' | 'repeats'> {
  readonly launches: readonly PreparedLaunch[];
  repeats: number;
  readonly times: number[];
}

/** Times every distinct layer alone, in three forms. */
export function kernels(context: JobContext, options: KernelOptions): Promise<KernelResults> {
  return withEngine(context, async (engine) => {
    const clock = new Clock(engine);
    context.say('measuring the roof');
    const roof = await measureRoof(engine, clock);
    const wanted = distinctLayers(options.batch).filter(
      ({ name, sizes }) => name.includes(options.layers) || sizes.includes(options.layers),
    );
    const works: Work[] = [];
    for (const [index, layer] of wanted.entries()) {
      context.say(`preparing ${index + 1} of ${wanted.length}: ${layer.name}`);
      works.push(...(await prepare(engine, layer, options)));
    }
    for (const [index, work] of works.entries()) {
      context.say(`warming up ${index + 1} of ${works.length}: ${work.layer} ${work.form}`);
      const encode = encodeOf(work);
      await clock.time(encode, 1);
      work.repeats = await clock.repeatsFor(encode);
    }
    // Whatever disturbs the machine for a while disturbs a round of all, not all rounds of one.
    for (let round = 0; round < options.rounds; round++) {
      context.say(`round ${round + 1} of ${options.rounds}`);
      for (const work of works) work.times.push(await clock.time(encodeOf(work), work.repeats));
    }
    clock.destroy();
    const rows = works.map(({ launches: _launches, times, ...row }) => ({ ...row, time: spread(times) }));
    return { adapter: adapterOf(engine), clock: clock.kind, roof, options, rows };
  });
}

const encodeOf =
  ({ launches }: Work) =>
  (pass: GPUComputePassEncoder) =>
    encodeLaunches(pass, launches);

/** The layer as the network has it, bias and ReLU included, as a program of its own. */
async function prepare(engine: Engine, layer: Layer, { forms }: KernelOptions): Promise<Work[]> {
  const graph = new Graph();
  const x = graph.input('x', layer.x);
  const y = build(graph, layer, x);
  const backward = forms.some((form) => form !== 'forward');
  const seed = backward ? graph.input('dy', y.shape) : undefined;
  if (seed) differentiate(graph, [{ value: y, gradient: seed }], layer.inputGradient ? [x] : []);
  const dx = graph.gradients.get(x);
  const parameters = await Parameters.create(engine, graph);
  const gradients = storageBuffer(engine, 'gradients', parameters.layout.elements * 4);
  const program = await Program.create(engine, graph, {
    parameters,
    gradients,
    keep: [y, ...(dx ? [dx] : [])],
  });
  for (const input of graph.inputs.values()) {
    program.write(input.label, uniform(sizeOf(input.shape), 1, 0, input.label));
  }
  // ReLU's gradient reads y.
  program.run();
  const dw = graph.gradients.get(graph.value(`${layer.name}.weight`));
  return forms.flatMap((form) => {
    const belongs = ({ part, node }: PlannedLaunch): boolean => {
      if (form === 'forward') return part === 'forward';
      const made = form === 'dx' ? dx : dw;
      return made !== undefined && Object.values(node.outputs).includes(made);
    };
    const planned = program.plan.launches.filter(belongs);
    if (planned.length === 0) return [];
    const { name, sizes, count } = layer;
    return {
      layer: name,
      sizes,
      count,
      form,
      kernel: planned.map(describe).join(' + '),
      dispatches: planned.length,
      repeats: 1,
      ...workOf(planned),
      launches: program.launches.filter((_, index) => belongs(program.plan.launches[index] as PlannedLaunch)),
      times: [],
    };
  });
}

function build(graph: Graph, { name, kind, channels, window, relu }: Layer, x: Value): Value {
  const net = layers(graph);
  if (kind === 'linear' || !window) return net.linear(name, x, { features: channels, relu });
  return net.conv(name, x, { channels, ...window, relu });
}

/** `conv2d.wgsl#forward TM=8 TN=8`. */
function describe({ shader, entry, variant = {} }: PlannedLaunch): string {
  const tiles = Object.entries(variant).map(([name, value]) => `${name}=${value}`);
  return [`${shader.file}#${entry}`, ...tiles].join(' ');
}
