import type { Target, Value } from '../../src/core/op';
import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import type { Engine } from '../../src/gpu/engine';
import type { Encode } from '../../src/gpu/timing';
import { differentiate } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import type { PlannedLaunch } from '../../src/graph/plan';
import { workOf } from '../../src/graph/work';
import { layers } from '../../src/models/layers';
import { encodeLaunches } from '../../src/runtime/launches';
import { Parameters } from '../../src/runtime/parameters';
import { Program } from '../../src/runtime/program';
import type { Form } from './choices';
import { choosing } from './engine_choice';
import type { KernelOptions } from './kernels';
import type { Layer } from './layers';
import { gradientBuffer } from '../../src/runtime/flat_buffer';

/** One form of one layer by one kernel. */
export interface LayerWork {
  readonly layer: string;
  readonly sizes: string;
  /** Layers of these sizes in the network. */
  readonly count: number;
  readonly form: Form;
  /** The kernel's name where it was asked for by name. */
  readonly kernel?: string;
  /** True for what the engine chooses by itself. */
  readonly chosen: boolean;
  /** What is launched: files, entry points, tiles. */
  readonly launches: string;
  readonly dispatches: number;
  readonly multiplyAdds: number;
  /** Of every tensor once. */
  readonly bytes: number;
  readonly encode: Encode;
}

export interface PreparedLayer {
  /** Kernels that can compute one of its forms. */
  readonly candidates: readonly string[];
  readonly works: readonly LayerWork[];
  destroy(): void;
}

/** How problems of the three forms are called where kernels are chosen. */
const PROBLEMS: Readonly<Record<Form, string>> = {
  forward: 'forward',
  dx: 'backward_input',
  dw: 'backward_weight',
};

/** The layer as the network has it, bias and ReLU included, as a program of its own for each kernel asked for. */
export async function prepareLayer(
  engine: Engine,
  layer: Layer,
  { forms, kernels }: Pick<KernelOptions, 'forms' | 'kernels'>,
): Promise<PreparedLayer> {
  const graph = new Graph();
  const x = graph.input('x', layer.x);
  const y = build(graph, layer, x);
  if (forms.some((form) => form !== 'forward')) {
    const seed = graph.input('dy', y.shape);
    differentiate(graph, [{ value: y, gradient: seed }], layer.inputGradient ? [x] : []);
  }
  const dx = graph.gradients.get(x);
  const dw = graph.gradients.get(graph.value(`${layer.name}.weight`));
  const parameters = await Parameters.create(engine, graph);
  const gradients = gradientBuffer(engine, graph);
  const programs: Program[] = [];
  const works: LayerWork[] = [];

  const add = async (choose: NonNullable<Target['choose']>, kernel?: string, only?: ReadonlySet<Form>) => {
    const program = await Program.create({ ...engine, target: { ...engine.target, choose } }, graph, {
      parameters,
      gradients,
      keep: [y, ...(dx ? [dx] : [])],
    });
    programs.push(program);
    for (const { label, shape } of graph.inputs.values())
      program.write(label, uniform(sizeOf(shape), 1, 0, label));
    // ReLU's gradient reads y.
    program.run();
    for (const form of forms) {
      if (only && !only.has(form)) continue;
      const makes = form === 'forward' ? y : form === 'dx' ? dx : dw;
      const belongs = ({ part, node }: PlannedLaunch): boolean =>
        form === 'forward'
          ? part === 'forward'
          : Object.values(node.outputs).some((value) => value === makes);
      const planned = program.plan.launches.filter(belongs);
      if (planned.length === 0) continue;
      const mine = program.launches.filter((_, index) =>
        belongs(program.plan.launches[index] as PlannedLaunch),
      );
      works.push({
        layer: layer.name,
        sizes: layer.sizes,
        count: layer.count,
        form,
        ...(kernel !== undefined && { kernel }),
        chosen: kernel === undefined,
        launches: planned.map(describe).join(' + '),
        dispatches: planned.length,
        ...workOf(planned),
        encode: (pass) => encodeLaunches(engine, pass, mine),
      });
    }
  };

  // The engine's own choice, which also tells who could be chosen.
  const candidates = new Map<Form, ReadonlySet<string>>();
  await add((problem, names) => {
    const form = forms.find((each) => problem.startsWith(`${PROBLEMS[each]} `));
    if (form) candidates.set(form, new Set(names));
    return engine.target.choose?.(problem, names);
  });
  if (kernels !== 'chosen') {
    const chosen = new Set(works.splice(0).map(({ form, launches }) => `${form} ${launches}`));
    const all = new Set([...candidates.values()].flatMap((names) => [...names]));
    const names = kernels === 'all' ? all : [kernels.name].filter((name) => all.has(name));
    for (const name of names) {
      const able = forms.filter((form) => candidates.get(form)?.has(name));
      await add(choosing(name), name, new Set(able));
    }
    works.forEach((work, index) => {
      works[index] = { ...work, chosen: chosen.has(`${work.form} ${work.launches}`) };
    });
    works.sort((a, b) => forms.indexOf(a.form) - forms.indexOf(b.form));
  }
  return {
    candidates: [...new Set([...candidates.values()].flatMap((names) => [...names]))],
    works,
    destroy() {
      for (const program of programs) program.destroy();
      parameters.destroy();
      gradients.destroy();
    },
  };
}

function build(graph: Graph, { name, kind, channels, window, relu }: Layer, x: Value): Value {
  const net = layers(graph);
  if (kind === 'linear' || !window) return net.linear(name, x, { features: channels, relu });
  return net.conv(name, x, { channels, ...window, relu });
}

/** `conv2d.wgsl#backward_weight TC=1`. */
function describe({ shader, entry, variant = {} }: PlannedLaunch): string {
  const tiles = Object.entries(variant).map(([name, value]) => `${name}=${value}`);
  return [`${shader.file}#${entry}`, ...tiles].join(' ');
}
