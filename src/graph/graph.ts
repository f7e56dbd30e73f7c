import type { Builder, DType, Named, Node, Op, TensorSpec, Value } from '../core/op';
import { requireNumber, requireObject, requireOneOf, requireText, shown } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, requireRank, sizeOf, type Shape } from '../core/shape';
import type { ParameterSpec } from './parameter_layout';

/**
 * An append-only list of nodes: append order is execution order, so the list is also the tape that
 * differentiation walks back. A graph is data; nothing runs until a `Program` is made of it.
 */
export class Graph implements Builder {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Value>();
  readonly parameters = new Map<string, { readonly spec: ParameterSpec; readonly value: Value }>();
  readonly constants = new Map<Value, Float32Array>();
  /** Gradient of each differentiated value; filled by `differentiate`. */
  readonly gradients = new Map<Value, Value>();
  /** Nodes up to here are the forward part; filled by `differentiate`. */
  forwardNodes: number | undefined;
  readonly #labels = new Set<string>();
  #nextId = 0;

  /**
   * Data that changes from run to run, written with `program.write(name, ...)`.
   * @param plane for (N, F) data that meets flattened planes: see `TensorSpec.plane`
   * @throws {ShapeError} for sizes that are not positive whole numbers, {ValueError} if the name is taken
   */
  input(name: string, shape: Shape, dtype: DType = 'f32', plane?: TensorSpec['plane']): Value {
    requireSizes(name, 'an input', shape);
    requireOneOf(name, 'dtype', dtype, ['f32', 'u32']);
    const value = this.#value({ shape, dtype, ...(plane && { plane }) }, name, 'input');
    this.inputs.set(name, value);
    return value;
  }

  /** A weight or bias: lives in a `Parameters` object under its name, outside any program. */
  parameter(spec: ParameterSpec): Value {
    requireObject('graph.parameter', 'the parameter', spec, ['name', 'shape', 'kind', 'fanIn']);
    const { name, shape, kind, fanIn, plane } = spec;
    requireSizes(name, 'a parameter', shape);
    requireOneOf(name, 'kind', kind, ['convolution', 'linear', 'bias']);
    requireNumber(name, 'fanIn', fanIn, 1);
    const value = this.#value({ shape, dtype: 'f32', ...(plane && { plane }) }, spec.name, 'parameter');
    this.parameters.set(spec.name, { spec, value });
    return value;
  }

  /** Numbers fixed when the graph is built. `data` in PyTorch's order. */
  constant(name: string, shape: Shape, data: Float32Array): Value {
    requireSizes(name, 'a constant', shape);
    if (!(data instanceof Float32Array)) throw new ValueError(name, 'needs a Float32Array', shown(data));
    if (data.length !== sizeOf(shape)) {
      throw new ValueError(name, `needs ${sizeOf(shape)} numbers`, `${data.length}`);
    }
    const value = this.#value({ shape, dtype: 'f32' }, name, 'constant');
    this.constants.set(value, data);
    return value;
  }

  /**
   * Appends an op and returns its outputs. A sole output takes `label` as its name, others `label.output`.
   * @throws {ShapeError} naming the layer and the shapes, if the inputs do not fit
   */
  apply<I extends string, O extends string, A>(
    op: Op<I, O, A>,
    inputs: Named<I, Value>,
    attrs: A,
    label: string,
  ): Named<O, Value> {
    this.#requireOwn(op, inputs, label);
    const specs = Object.entries<TensorSpec>(infer(op, inputs, attrs, label));
    const outputs: Record<string, Value> = {};
    for (const [name, spec] of specs) {
      const wanted = name === 'y' ? label : `${label}.${name}`;
      outputs[name] = this.#value(spec, this.#unusedLabel(wanted), 'computed');
    }
    this.nodes.push({ op, label, inputs, outputs, attrs });
    return outputs as Named<O, Value>;
  }

  /**
   * Finds a value by the name of its layer, input or parameter.
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
    throw new ValueError(
      'graph',
      'has no value of this name',
      name,
      `similar: ${similar.slice(0, 8).join(', ')}`,
    );
  }

  readonly #values = new Map<string, Value>();

  #unusedLabel(wanted: string): string {
    let label = wanted;
    for (let copy = 2; this.#labels.has(label); copy++) label = `${wanted}#${copy}`;
    return label;
  }

  /** What comes from another graph has numbers and names that mean something else here. */
  #requireOwn(op: unknown, inputs: unknown, label: unknown): void {
    requireText('graph.apply', 'label', label);
    requireObject(label, 'the op', op, ['name', 'infer', 'lower']);
    requireObject(label, 'its inputs', inputs);
    for (const [name, value] of Object.entries<unknown>(inputs as Record<string, unknown>)) {
      requireObject(label, name, value, ['label']);
      const own = this.#values.get((value as Value).label);
      if (own !== value)
        throw new ValueError(label, `${name} must be a value of this graph`, shown((value as Value).label));
    }
  }

  #value(spec: TensorSpec, label: string, role: Value['role']): Value {
    requireText('graph', 'the name of a value', label);
    if (this.#labels.has(label)) {
      throw new ValueError('graph', 'every input and parameter needs a name of its own', `a second ${label}`);
    }
    this.#labels.add(label);
    if (!Number.isSafeInteger(sizeOf(spec.shape))) {
      throw new ShapeError(label, 'has more numbers than can be counted', formatShape(spec.shape));
    }
    const value: Value = { ...spec, id: this.#nextId++, label, role };
    this.#values.set(label, value);
    return value;
  }
}

/** Ops count on the inputs and attributes that their types name; callers from JavaScript may leave some out. */
function infer<I extends string, O extends string, A>(
  op: Op<I, O, A>,
  inputs: Named<I, Value>,
  attrs: A,
  label: string,
): Named<O, TensorSpec> {
  try {
    return op.infer(label, inputs, attrs);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const got = `inputs ${shown(Object.keys(inputs))}, attributes ${shown(attrs)}`;
    throw new ValueError(label, `${op.name} does not take these inputs and attributes`, got, undefined, {
      cause,
    });
  }
}

/** By how many sizes there are. */
const SHAPES: Readonly<Record<number, string>> = { 0: '()', 1: '(N)', 2: '(N, F)', 4: '(N, C, H, W)' };

/** One of these, of whole and positive sizes. */
function requireSizes(where: string, what: string, shape: Shape): void {
  requireText('graph', `the name of ${what}`, where);
  const expected = Array.isArray(shape) ? SHAPES[shape.length] : undefined;
  if (expected === undefined) {
    throw new ShapeError(where, `${what} must be ${Object.values(SHAPES).join(', ')}`, shown(shape));
  }
  requireRank(where, what, shape, expected);
}
