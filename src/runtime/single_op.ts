import type { DType, Op, Value } from '../core/op';
import { requireMade, requireObject } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { Step } from '../core/step';
import type { Shape } from '../core/shape';
import { layoutVariables, requireTensor } from '../core/variable';
import { requireDevice, type Engine } from '../gpu/engine';
import { differentiate } from '../graph/differentiate';
import { Graph } from '../graph/graph';
import type { Margins } from '../graph/layout';
import { planAsIs, type Compile } from '../graph/plan_nodes';
import { allocate, orDestroy } from './buffers';
import { FlatBuffer, flatStorage, gradientBuffer } from './flat_buffer';
import { Lifetime } from './lifetime';
import { PlannedProgram } from './planned_program';
import { makeProgram } from './program_parts';

/** A tensor with its shape. */
export interface OpArray {
  readonly shape: Shape;
  readonly data: Float32Array | Uint32Array;
}

/** In PyTorch's order. */
export type Numbers = Float32Array | Uint32Array;

/** Shapes of the inputs, and which gradients are wanted. */
export interface SingleOpOptions {
  /** Shape and, unless float32, type of each input. */
  readonly inputs: Readonly<Record<string, { readonly shape: Shape; readonly dtype?: DType }>>;
  /** Inputs whose gradients are wanted; then a gradient must be given for each output that is float32. */
  readonly gradients?: readonly string[];
  /** @internal Bytes after each value that no kernel should touch. */
  readonly guardBytes?: number;
  /** @internal Weights get neighbours in one matrix, `name before` and `name after`, of so many columns: for tests of kernels. */
  readonly beside?: Margins;
  /** @internal How the op and its gradients are planned. Default: as they are; `compile` rewrites them as a network's. */
  readonly compile?: Compile;
}

const SINGLE = 'single op';
/** An object whose values have these fields, or more. */
export const ofEach =
  (...fields: readonly string[]): is.Rule =>
  (where, name, value) =>
    is.list(is.having(...fields))(where, name, Object.values(value ?? {}));
const OPTIONS: Rules<SingleOpOptions> = {
  inputs: is.needed(ofEach('shape')),
  gradients: is.list(is.text),
  guardBytes: is.whole(0),
  beside: is.having('before', 'after'),
  compile: is.callable,
};

/** @throws {ValueError} unless these are an engine, an op and its attributes */
export function checkOp(where: string, engine: Engine, op: unknown, attrs: unknown): void {
  requireDevice(engine, where);
  requireObject(where, 'the op', op, ['name', 'infer', 'lower']);
  requireObject(where, 'its attributes', attrs);
}

/** @internal An op's input as a value of a graph: a variable where the op says in which order memory holds it. */
export function opInput(
  graph: Graph,
  op: Pick<Op, 'orders'>,
  input: string,
  name: string,
  { shape, dtype = 'f32' }: SingleOpOptions['inputs'][string],
  { trainable = true, beside }: { readonly trainable?: boolean; readonly beside?: Margins | undefined } = {},
): Value {
  const order = op.orders?.[input];
  if (!order) return graph.input(name, shape, dtype);
  const weight = (label: string, own: Shape): Value =>
    graph.variable({
      name: label,
      shape: own,
      order,
      initial: { draw: 'weight', fanIn: 1 },
      trainable,
      ...(beside && { merge: name }),
    });
  if (!beside) return weight(name, shape);
  weight(`${name} before`, shape.with(0, beside.before));
  const value = weight(name, shape);
  weight(`${name} after`, shape.with(0, beside.after));
  return value;
}

/** @internal A graph of one op and, if asked for, its gradients; variables and inputs carry the op's own names. */
export function singleOpGraph<I extends string, O extends string, A>(
  op: Op<I, O, A>,
  attrs: A,
  { inputs: specs, gradients = [], beside }: SingleOpOptions,
): { readonly graph: Graph; readonly outputs: Readonly<Record<string, Value>> } {
  const graph = new Graph();
  const inputs: Record<string, Value> = {};
  for (const [name, spec] of Object.entries(specs)) {
    inputs[name] = opInput(graph, op, name, name, spec, { trainable: gradients.includes(name), beside });
  }
  const outputs: Record<string, Value> = graph.apply(op, inputs as Record<I, Value>, attrs, op.name);
  if (gradients.length > 0) {
    const seeds = Object.entries(outputs)
      .filter(([, { dtype }]) => dtype === 'f32')
      .map(([name, value]) => ({
        value,
        gradient: graph.input(`d${name}`, value.shape, 'f32', value.plane),
      }));
    differentiate(
      graph,
      seeds,
      gradients.map((name) => inputs[name] as Value),
    );
  }
  return { graph, outputs };
}

/** One op as a program of its own, forward and backward, for those who want kernels and nothing more. */
export class SingleOp {
  readonly program: PlannedProgram;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly #parameters: FlatBuffer;
  readonly #gradients: FlatBuffer;
  readonly #options: SingleOpOptions;
  readonly #life = new Lifetime();

  private constructor(
    program: PlannedProgram,
    outputs: Readonly<Record<string, Value>>,
    parameters: FlatBuffer,
    gradients: FlatBuffer,
    options: SingleOpOptions,
  ) {
    requireMade('SingleOp', program, 'plan');
    this.program = program;
    this.outputs = outputs;
    this.#parameters = parameters;
    this.#gradients = gradients;
    this.#options = options;
  }

  /**
   * @param op which one
   * @param attrs its attributes
   * @throws {ShapeError} if the inputs do not fit the op
   */
  static async create<I extends string, O extends string, A>(
    engine: Engine,
    op: Op<I, O, A>,
    attrs: A,
    options: SingleOpOptions,
  ): Promise<SingleOp> {
    checkOptions(SINGLE, options, OPTIONS);
    checkOp(SINGLE, engine, op, attrs);
    const { graph, outputs } = singleOpGraph(op, attrs, options);
    const variables = [...graph.variables.values()].map(({ variable }) => variable);
    const trained = variables.filter(({ trainable }) => trainable);
    const layout = layoutVariables(variables);
    const { buffer, gradients } = await allocate(engine, 'variables', () => ({
      buffer: flatStorage(engine, 'variables', layout),
      gradients: gradientBuffer(engine, graph, trained),
    }));
    const { guardBytes = 0, compile = planAsIs } = options;
    const parameters = new FlatBuffer(engine, layout, buffer);
    const given = { parameters, gradients, keep: 'all', guardBytes } as const;
    const create = () => makeProgram(engine, graph, given, compile, (parts) => new PlannedProgram(parts));
    const program = await orDestroy(engine, create, [buffer, gradients.buffer]);
    return new SingleOp(program, outputs, parameters, gradients, options);
  }

  /**
   * Writes inputs, and gradients of outputs under the names `dy`, ... All arrays in PyTorch's order.
   * @param values numbers by the names of inputs, and of gradients of outputs such as `dy`
   */
  write(values: Readonly<Record<string, Numbers>>): Promise<void> {
    return new Promise((resolve) => {
      this.#write(values);
      resolve();
    });
  }

  #write(values: Readonly<Record<string, Numbers>>): void {
    this.#life.require(SINGLE);
    requireObject(SINGLE, 'the values', values);
    for (const [name, data] of Object.entries(values)) {
      requireObject(SINGLE, name, data, ['length']);
      const { graph } = this.program;
      const declared = graph.variables.get(name);
      if (!declared) this.program.write(name, data);
      else {
        const tensor = { shape: declared.variable.shape, data: Float32Array.from(data) };
        requireTensor(declared.variable, tensor);
        this.#parameters.write(new Map([[name, tensor]]));
      }
    }
  }

  /**
   * Runs forward and, if gradients are wanted, backward. Returns outputs by name and gradients as `dx`, `dw`, ...
   * @param step seed, number of the step and first image, for ops that draw random numbers
   */
  async run(step: Partial<Step> = {}): Promise<Record<string, Numbers>> {
    this.program.run({ step });
    const results: Record<string, Numbers> = {};
    for (const [name, value] of Object.entries(this.outputs)) results[name] = await this.program.read(value);
    for (const name of this.#options.gradients ?? []) {
      results[`d${name}`] = await this.program.read(name, 'grad');
    }
    return results;
  }

  /** Frees the memory. */
  destroy(): void {
    if (!this.#life.end()) return;
    this.program.destroy();
    this.#parameters.destroy();
    this.#gradients.destroy();
  }
}
