import type { Builder, DType, Named, GraphNode, Op, Order, TensorSpec, Value } from '../core/op';
import { isTyped, requireObject, requireRecord, requireText, shown } from '../core/check';
import { requireKnown } from '../core/options';
import { ShapeError, ValueError } from '../core/errors';
import { ROWS, orderOf } from '../core/order';
import { formatShape, sameShape, sizeOf, type Shape } from '../core/shape';
import { requireSameOrder } from '../lowering/features';
import { requireFloat } from '../lowering/require';
import { requireSizes, requireSpec } from '../core/spec';
import { layoutVariables, variableSpec, type Variable } from '../core/variable';
import { infer, requireOrder, requireVariable, VARIABLE_FIELDS } from './check_graph';

/** What `Graph.variable` is told of one; the rest has defaults. */
export type VariableOptions = Partial<Variable> & Pick<Variable, 'name' | 'shape'>;

/**
 * An append-only list of nodes: append order is execution order, so the list is also the tape that
 * differentiation walks back. A graph is data; nothing runs until a `Program` is made of it.
 */
export class Graph implements Builder {
  readonly nodes: GraphNode[] = [];
  readonly inputs = new Map<string, Value>();
  readonly variables = new Map<string, { readonly variable: Variable; readonly value: Value }>();
  /** What becomes of variables that no gradient changes, by `assign`. */
  readonly assignments = new Map<Value, Value>();
  readonly constants = new Map<Value, Float32Array>();
  /** Gradient of each differentiated value; filled by `differentiate`. */
  readonly gradients = new Map<Value, Value>();
  /** Nodes up to here are the forward part; filled by `differentiate`. */
  forwardNodes: number | undefined;
  #nextId = 0;

  /**
   * Data that changes from run to run, written with `program.write(name, ...)`.
   * @param plane for (N, F) data that meets flattened planes: see `TensorSpec.plane`
   * @param shape in the order of PyTorch: images are (N, C, H, W)
   * @param dtype `u32` for labels and packed pixels. Default `f32`
   * @throws {ShapeError} for sizes that are not positive whole numbers, or a plane of other numbers than F
   * @throws {ValueError} if the name is taken
   */
  input(name: string, shape: Shape, dtype: DType = 'f32', plane?: TensorSpec['plane']): Value {
    requireSpec(name, 'an input', { shape, dtype, ...(plane !== undefined && { plane }) });
    const value = this.#value({ shape, dtype, ...(plane && { plane }) }, name, 'input');
    this.inputs.set(name, value);
    return value;
  }

  /**
   * A tensor that lives in a `Parameters` object under its name, outside any program. Default: rows of channels that begin
   * at 0 and are trained.
   * @throws {ShapeError} for a shape that its order cannot hold, or that does not fit those it merges with
   * @throws {ValueError} if the name is taken
   */
  variable(options: VariableOptions): Value {
    requireObject('graph.variable', 'the variable', options, ['name', 'shape']);
    const { name, shape } = options;
    requireText('graph.variable', 'its name', name);
    requireKnown(name, options, VARIABLE_FIELDS);
    // What files call what is no tensor.
    if (name === '__metadata__') throw new ValueError('graph.variable', 'no file can keep this name', name);
    requireSizes(name, 'a variable', shape);
    const variable: Variable = {
      order: ROWS,
      initial: 0,
      trainable: true,
      rateScale: 1,
      decayScale: 1,
      ...options,
    };
    requireVariable(variable);
    const beside = [...this.variables.values()].map(({ variable: other }) => other);
    layoutVariables([
      ...beside.filter(({ merge }) => merge !== undefined && merge === variable.merge),
      variable,
    ]);
    const { order, ...spec } = variableSpec(variable);
    const value = this.#value({ ...spec, ...(order !== ROWS && { order }) }, name, 'variable');
    this.variables.set(name, { variable, value });
    return value;
  }

  /**
   * The variable becomes this value, which the forward part computes, once per training step: never in a step that meets a
   * number that is not finite, nor by what is computed again. With micro-batches each finds what the one before it left.
   * @throws {ValueError} unless the variable is not trained and assigned once, and the value is computed, in float32 and the variable's order
   * @throws {ShapeError} unless both have the same shape, and are of the same flattened plane, if any
   */
  assign(variable: Value, value: Value): void {
    const where = 'graph.assign';
    this.#requireOwn(where, { variable, value });
    const declared = this.variables.get(variable.label)?.variable;
    if (!declared) throw new ValueError(where, 'the first must be a variable', variable.label);
    const { label } = variable;
    if (declared.trainable) {
      throw new ValueError(label, 'is trained and cannot be assigned', undefined, 'give it trainable: false');
    }
    if (declared.merge !== undefined) {
      const got = declared.merge;
      throw new ValueError(label, 'lies beside others and cannot be assigned', got, 'leave out merge');
    }
    if (this.assignments.has(variable)) throw new ValueError(label, 'is assigned twice', value.label);
    const isComputed = value.role === 'computed' && this.forwardNodes === undefined;
    if (!isComputed)
      throw new ValueError(label, 'must be assigned what the forward part computes', value.label);
    if (!sameShape(variable.shape, value.shape)) {
      const got = `${value.label} of ${formatShape(value.shape)}`;
      throw new ShapeError(label, `is assigned what must have the shape ${formatShape(variable.shape)}`, got);
    }
    requireFloat(label, { [value.label]: value });
    requireOrder(label, value.label, value, orderOf(variable));
    const advice = 'declare the variable with the plane of the value';
    requireSameOrder(label, { [label]: variable, [value.label]: value }, advice);
    this.assignments.set(variable, value);
  }

  /**
   * Numbers fixed when the graph is built. `data` in PyTorch's order.
   * @param name unique among inputs, variables and constants
   * @param shape of the tensor
   * @throws {ShapeError} for sizes that make no sense; {ValueError} unless the numbers are a Float32Array of that size
   */
  constant(name: string, shape: Shape, data: Float32Array): Value {
    requireSizes(name, 'a constant', shape);
    if (!isTyped(data, 'Float32Array')) throw new ValueError(name, 'needs a Float32Array', shown(data));
    if (data.length !== sizeOf(shape)) {
      throw new ValueError(name, `needs ${sizeOf(shape)} numbers`, `${data.length}`);
    }
    const value = this.#value({ shape, dtype: 'f32' }, name, 'constant');
    this.constants.set(value, data.slice());
    return value;
  }

  /**
   * Appends an op and returns its outputs. A sole output takes `label` as its name, others `label.output`; where that is
   * taken, `label#2`.
   * @param inputs the values it reads, by the names that the op gives its inputs
   * @param attrs the attributes of the op; an unknown one is refused
   * @throws {ShapeError} naming the layer and the shapes, if the inputs do not fit
   */
  apply<I extends string, O extends string, A>(
    op: Op<I, O, A>,
    inputs: Named<I, Value>,
    attrs: A,
    label: string,
  ): Named<O, Value> {
    requireText('graph.apply', 'label', label);
    requireObject(label, 'the op', op, ['name', 'infer', 'lower']);
    requireObject(label, 'its inputs', inputs);
    if (op.attributes) {
      requireRecord(label, 'its attributes', attrs);
      requireKnown(label, attrs as object, op.attributes);
    }
    this.#requireOwn(label, inputs);
    const orders: Readonly<Record<string, Order | undefined>> = op.orders ?? {};
    for (const [name, value] of Object.entries<Value>(inputs)) {
      requireOrder(label, name, value, orders[name] ?? ROWS);
    }
    const specs = Object.entries<TensorSpec>(infer(op, inputs, attrs, label));
    const outputs: Record<string, Value> = {};
    for (const [name, spec] of specs) {
      const wanted = name === 'y' ? label : `${label}.${name}`;
      const order = orders[name];
      outputs[name] = this.#value(
        { ...spec, ...(order && { order }) },
        this.#unusedLabel(wanted),
        'computed',
      );
    }
    // Copies: the caller's objects may change.
    this.nodes.push({ op, label, inputs: { ...inputs }, outputs, attrs: copyOf(attrs) });
    return outputs as Named<O, Value>;
  }

  /** A graph that goes on from this one, whose values it shares, and leaves this one as it is. */
  copy(): Graph {
    const copy = new Graph();
    copy.nodes.push(...this.nodes);
    const copyMap = <K, V>(from: ReadonlyMap<K, V>, to: Map<K, V>) =>
      from.forEach((value, key) => to.set(key, value));
    copyMap(this.inputs, copy.inputs);
    copyMap(this.variables, copy.variables);
    copyMap(this.constants, copy.constants);
    copyMap(this.assignments, copy.assignments);
    copyMap(this.gradients, copy.gradients);
    copyMap(this.#values, copy.#values);
    copy.forwardNodes = this.forwardNodes;
    copy.#nextId = this.#nextId;
    return copy;
  }

  /** A copy in which what differs between training and classifying is as it is for classifying; see `Op.classifying`. */
  forClassifying(): Graph {
    const copy = this.copy();
    copy.nodes.forEach(({ op, attrs, ...node }, index) => {
      copy.nodes[index] = { ...node, op, attrs: op.classifying?.(attrs as never) ?? attrs };
    });
    return copy;
  }

  /**
   * Finds a value by the name of its layer, input or variable.
   * @throws {ValueError} listing similar names
   */
  value(name: string): Value {
    const found = this.#values.get(name);
    if (found) return found;
    requireText('graph', 'the name of a value', name);
    // Those that share the longest beginning with it.
    let similar: string[] = [];
    for (let length = name.length; length >= 0 && similar.length === 0; length--) {
      similar = [...this.#values.keys()].filter((label) => label.startsWith(name.slice(0, length)));
    }
    const advice = `similar: ${similar.slice(0, 8).join(', ')}`;
    throw new ValueError('graph', 'has no value of this name', name, advice);
  }

  /** Whether this is a value of the graph, or of the one that it goes on from. */
  has(value: Value): boolean {
    return this.#values.get((value as Value | null)?.label as string) === value;
  }

  readonly #values = new Map<string, Value>();

  #unusedLabel(wanted: string): string {
    let label = wanted;
    for (let copy = 2; this.#values.has(label); copy++) label = `${wanted}#${copy}`;
    return label;
  }

  /** What comes from another graph has numbers and names that mean something else here. */
  #requireOwn(label: string, inputs: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(inputs)) {
      requireObject(label, name, value, ['label']);
      if (!this.has(value as Value))
        throw new ValueError(label, `${name} must be a value of this graph`, shown((value as Value).label));
    }
  }

  #value(spec: TensorSpec, label: string, role: Value['role']): Value {
    requireText('graph', 'the name of a value', label);
    if (this.#values.has(label)) {
      throw new ValueError('graph', 'every input and variable needs a name of its own', `a second ${label}`);
    }
    if (!Number.isSafeInteger(sizeOf(spec.shape))) {
      throw new ShapeError(label, 'has more numbers than can be counted', formatShape(spec.shape));
    }
    // A copy: the caller's array may change.
    const value: Value = { ...spec, shape: [...spec.shape], id: this.#nextId++, label, role };
    this.#values.set(label, value);
    return value;
  }
}

/** Lists and plain objects anew, all the way down. */
const copyOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copyOf);
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, copyOf(each)]));
};
