import type { Node, Op, Value } from '../../core/op';
import { channelsOf } from '../../core/rows';
import { concat, slice } from '../../ops/concat';
import { crossEntropy, crossEntropyGrad } from '../../ops/cross_entropy';
import { crossEntropyHeads, crossEntropyHeadsGrad, MOST_HEADS } from '../../ops/cross_entropy_heads';
import { applies, Rewriting, type FusionContext } from './rewriting';

interface Placed {
  readonly place: number;
  readonly node: Node;
}

/** Classifiers with the same labels and number of classes, and their scores side by side. */
interface Heads {
  readonly members: readonly Placed[];
  readonly scores: Value;
  readonly labels: Value;
}

/**
 * The losses of several classifiers are computed together, from scores that the classifiers write side by side into one
 * tensor, and so are the gradients of the scores.
 */
export function fuseLosses(nodes: readonly Node[], context: FusionContext): Node[] {
  const rewriting = new Rewriting(nodes, context);
  const forward = groups(rewriting).flatMap((members) => fuseForward(rewriting, members));
  for (const heads of forward) fuseBackward(rewriting, heads);
  return rewriting.nodes;
}

const x = ({ node }: Placed): Value => node.inputs.x as Value;

/** Losses against the same labels, of scores of one shape; at most so many as a kernel can take. */
function groups(rewriting: Rewriting): Placed[][] {
  const found = new Map<string, Placed[]>();
  for (const [place, node] of rewriting.entries()) {
    if (!applies(node, crossEntropy) || node.inputs.x?.role !== 'computed') continue;
    const key = JSON.stringify([node.inputs.labels?.id, node.inputs.x.shape]);
    const known = found.get(key) ?? [];
    if (known.length < MOST_HEADS && !known.some((other) => x(other) === node.inputs.x)) {
      found.set(key, [...known, { place, node }]);
    }
  }
  return [...found.values()].filter((members) => members.length > 1);
}

function fuseForward(rewriting: Rewriting, members: readonly Placed[]): Heads[] {
  const last = Math.max(...members.map(({ place }) => place));
  const losses = members.map(({ node }) => node.outputs.loss as Value);
  // They are all there only after the last.
  if (losses.some((loss) => rewriting.readers(loss).some((place) => place <= last))) return [];
  const [first] = members as [Placed, ...Placed[]];
  const label = members.map(({ node }) => node.label).join(', ');
  const channels = members.reduce((sum, member) => sum + channelsOf(x(member)), 0);
  const scores = rewriting.value(
    { shape: x(first).shape.with(1, channels), dtype: 'f32' },
    `${label}: scores`,
  );
  const all = rewriting.value({ shape: [1, members.length], dtype: 'f32' }, label);
  const attrs = { heads: members.length };
  const join = applied(
    concat,
    label,
    Object.fromEntries(members.map((member, index) => [`x${index}`, x(member)])),
    { y: scores },
    {},
  );
  const labels = first.node.inputs.labels as Value;
  const heads = applied(crossEntropyHeads, label, { x: scores, labels }, { loss: all }, attrs);
  for (const { place } of members) rewriting.replace(place);
  rewriting.replace(last, join, heads, ...slices(all, losses, label));
  return [{ members, scores, labels }];
}

function fuseBackward(rewriting: Rewriting, { members: heads, scores, labels }: Heads): void {
  const members = heads.flatMap((head) => gradientsOf(rewriting, x(head), labels));
  if (members.length !== heads.length) return;
  const first = Math.min(...members.map(({ place }) => place));
  const dloss = members.map(({ node }) => node.inputs.dloss as Value);
  if ([scores, ...dloss].some((value) => rewriting.producer(value) >= first)) return;
  const label = members.map(({ node }) => node.label).join(', ');
  const dx = rewriting.value(scores, `${label}: gradient`);
  const inputs = {
    x: scores,
    labels,
    ...Object.fromEntries(dloss.map((value, index) => [`dloss${index}`, value])),
  };
  const results = members.map(({ node }) => node.outputs.dx as Value);
  for (const { place } of members) rewriting.replace(place);
  const attrs = { heads: members.length };
  const gradient = applied(crossEntropyHeadsGrad, label, inputs, { dx }, attrs);
  rewriting.replace(first, gradient, ...slices(dx, results, label));
}

/** The nodes that compute the gradient of these scores. */
const gradientsOf = (rewriting: Rewriting, scores: Value, labels: Value): Placed[] =>
  rewriting.readers(scores).flatMap((place) => {
    const node = rewriting.at(place);
    return applies(node, crossEntropyGrad) && node.inputs.labels === labels ? [{ place, node }] : [];
  });

const applied = (
  op: unknown,
  label: string,
  inputs: Node['inputs'],
  outputs: Node['outputs'],
  attrs: unknown,
): Node => ({ op: op as Op, label, inputs, outputs, attrs });

/** Nodes that cut a tensor into these neighbouring parts; a scalar is one channel. */
function slices(whole: Value, parts: readonly Value[], label: string): Node[] {
  let first = 0;
  return parts.map((y) => {
    const channels = channelsOf(y);
    const node = applied(slice, label, { x: whole }, { y }, { first, channels });
    first += channels;
    return node;
  });
}
