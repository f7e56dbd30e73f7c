import { ValueError } from '../core/errors';
import type { GraphNode, Value, View } from '../core/op';
import { channelsOf } from '../core/rows';
import { roundUp } from '../core/shape';
import type { GraphContext } from './context';

/** Where each value lies inside the memory of its root; a value that owns its memory is its own root. */
export interface Layout {
  /** `elided` is set where `node`, if given, joins or cuts the value and has nothing to copy. */
  readonly view: (value: Value, node?: GraphNode) => View;
  readonly root: (value: Value) => Value;
}

/** Elements of a larger tensor before and after each row of a value. */
export interface Margins {
  readonly before: number;
  readonly after: number;
}

export interface LayoutOptions {
  /** False: only flattened tensors share memory. Default: true. */
  readonly inPlace?: boolean;
  /** Puts each value that has memory of its own inside of a larger tensor: for tests of kernels. Default: none. */
  readonly margins?: ((value: Value) => Margins) | undefined;
}

interface Alias {
  readonly into: Value;
  /** First channel inside `into`. */
  readonly channel: number;
  /** True where both have the same elements in the same order, only named otherwise. */
  readonly reshaped: boolean;
}

const rootIn = (aliases: ReadonlyMap<Value, Alias>) => {
  const root = (value: Value): Value => {
    const alias = aliases.get(value);
    return alias ? root(alias.into) : value;
  };
  return root;
};

/**
 * Decides what shares memory: a flattened tensor with its plane, a branch with the tensor it is concatenated
 * into, a slice with the tensor it is cut from. So concatenation and its gradient cost nothing, save where a
 * dispatch would then read and write one buffer, or where rows must be contiguous, as those of what is assigned.
 */
export function layout(
  nodes: readonly GraphNode[],
  { placeOf, assigned }: GraphContext,
  { inPlace = true, margins }: LayoutOptions = {},
): Layout {
  const aliases = new Map<Value, Alias>();
  const root = rootIn(aliases);

  // Flattening relies on rows without gaps, so neither side of it may become a slice of something wider.
  const contiguous = new Set<Value>(assigned);
  for (const node of nodes.filter(({ op }) => op.sharesMemory === 'reshape')) {
    const input = Object.values(node.inputs)[0] as Value;
    const output = Object.values(node.outputs)[0] as Value;
    const place = placeOf(input);
    if (place && place.rows > 1 && place.stride > place.columns) {
      const problem = 'flattens a variable whose rows lie beside those of others';
      throw new ValueError(node.label, problem, input.label, 'leave out merge');
    }
    contiguous.add(input).add(output);
    aliases.set(output, { into: input, channel: 0, reshaped: true });
  }
  for (const node of inPlace ? nodes : []) {
    if (node.op.sharesMemory !== 'slice') continue;
    const { x, y } = { ...node.inputs, ...node.outputs } as Record<'x' | 'y', Value>;
    const { first } = node.attrs as { first: number };
    if (!contiguous.has(y) && !placeOf(y)) aliases.set(y, { into: x, channel: first, reshaped: false });
  }
  for (const node of inPlace ? nodes : []) {
    if (node.op.sharesMemory === 'concat') elideCopies(node, nodes, aliases, contiguous);
  }

  const view = (value: Value, node?: GraphNode): View => {
    const place = placeOf(value);
    if (place) return { offset: place.offset - place.matrix.offset, stride: place.stride, zeroPadded: false };
    const alias = aliases.get(value);
    if (!alias) return within(value, ownView(value, contiguous), contiguous, margins?.(value));
    if (alias.reshaped) return { ...view(alias.into), stride: channelsOf(value) };
    const outer = view(alias.into);
    // An input lies inside the output that it is joined into, or an output inside the input that it is cut from:
    // an input inside another input is joined twice, and copied the second time.
    const lies = (values: GraphNode['inputs'], others: GraphNode['inputs']): boolean =>
      Object.values(values).includes(value) && Object.values(others).includes(alias.into);
    const elided = node !== undefined && (lies(node.inputs, node.outputs) || lies(node.outputs, node.inputs));
    return { offset: outer.offset + alias.channel, stride: outer.stride, zeroPadded: false, elided };
  };
  return { view, root };
}

function ownView(value: Value, contiguous: ReadonlySet<Value>): View {
  const channels = channelsOf(value);
  // Kernels read vectors of 4, so images with 3 channels need a fourth channel, of zeros. Uploading images of floats
  // adds it. A packed image holds one word per pixel; the op that unpacks it adds the channel.
  const uploaded = value.role === 'input' && value.shape.length === 4 && value.dtype === 'f32';
  const padded = (uploaded || value.paddedRows === true) && !contiguous.has(value);
  return { offset: 0, stride: padded ? roundUp(channels, 4) : channels, zeroPadded: padded };
}

/** Labels and flattened tensors have no gaps between their rows, so a larger one has them before and after all rows. */
function within(value: Value, view: View, contiguous: ReadonlySet<Value>, margins?: Margins): View {
  if (!margins) return view;
  const { before, after } = margins;
  const gaps = value.shape.length > 1 && !contiguous.has(value);
  return { offset: before, stride: channelsOf(value) + (gaps ? before + after : 0), zeroPadded: false };
}

function elideCopies(
  node: GraphNode,
  nodes: readonly GraphNode[],
  aliases: Map<Value, Alias>,
  contiguous: ReadonlySet<Value>,
): void {
  const y = node.outputs.y as Value;
  const inputs = Object.values(node.inputs);
  let channel = 0;
  for (const x of inputs) {
    const free =
      x.role === 'computed' &&
      !aliases.has(x) &&
      !contiguous.has(x) &&
      inputs.filter((other) => other === x).length === 1;
    if (free) {
      aliases.set(x, { into: y, channel, reshaped: false });
      if (readsWhatItWrites(nodes, rootIn(aliases)(y), aliases)) aliases.delete(x);
    }
    channel += channelsOf(x);
  }
}

/**
 * WebGPU refuses a dispatch that binds one buffer both for reading and for writing. A concatenation may read
 * what already lies in its own output, since it copies nothing then.
 */
function readsWhatItWrites(
  nodes: readonly GraphNode[],
  memory: Value,
  aliases: ReadonlyMap<Value, Alias>,
): boolean {
  const root = rootIn(aliases);
  return nodes.some((node) => {
    const { sharesMemory } = node.op;
    if (sharesMemory === 'reshape' || sharesMemory === 'slice') return false;
    const outputs = Object.values(node.outputs);
    if (!outputs.some((value) => root(value) === memory)) return false;
    const isPlaced = (value: Value) => sharesMemory === 'concat' && aliases.get(value)?.into === outputs[0];
    return Object.values(node.inputs).some((value) => root(value) === memory && !isPlaced(value));
  });
}
