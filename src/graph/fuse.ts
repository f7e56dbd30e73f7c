import type { Node, Op, Value } from '../core/op';
import { bias } from '../ops/bias';
import { conv2d, conv2dFused } from '../ops/conv2d';
import { linear, linearFused } from '../ops/linear';
import { relu } from '../ops/relu';

const is = (node: Node | undefined, op: unknown): node is Node => node?.op === op;

/**
 * Rewrites conv2d or linear, bias and ReLU into one node, in training too: ReLU's gradient needs only y, the
 * bias's only dy, so the two values in between have no other reader. Values in `keep` stay.
 */
export function fuse(nodes: readonly Node[], keep: ReadonlySet<Value>): Node[] {
  const readers = new Map<Value, Node[]>();
  for (const node of nodes) {
    for (const value of Object.values(node.inputs)) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  /** The only reader of a value that nobody else needs. */
  const soleReader = (value: Value): Node | undefined => {
    const found = readers.get(value) ?? [];
    return found.length === 1 && !keep.has(value) ? found[0] : undefined;
  };

  const removed = new Set<Node>();
  const replaced = new Map<Node, Node>();
  for (const product of nodes) {
    if (!is(product, conv2d) && !is(product, linear)) continue;
    const { x, w, y } = { ...product.inputs, ...product.outputs } as Record<'x' | 'w' | 'y', Value>;
    const biased = soleReader(y);
    if (!is(biased, bias)) continue;
    const rectified = soleReader(biased.outputs.y as Value);
    const last = is(rectified, relu) ? rectified : biased;
    const fused: unknown = product.op === (conv2d as unknown) ? conv2dFused : linearFused;
    removed.add(product).add(biased);
    replaced.set(last, {
      op: fused as Op,
      label: product.label,
      inputs: { x, w, b: biased.inputs.b as Value },
      outputs: last.outputs,
      attrs: { ...(product.attrs as object), relu: last === rectified },
    });
  }
  return nodes.flatMap((node) => replaced.get(node) ?? (removed.has(node) ? [] : node));
}
