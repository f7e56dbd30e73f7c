import type { GraphNode, Op, Value } from '../../core/op';
import { channelsOf } from '../../core/rows';
import { slice } from '../../ops/concat';
import { conv2dFused, type Conv2dFusedAttrs } from '../../ops/conv2d';
import { mergedLabel, mergedShape, sideBySide, type Mergeable } from './merged';
import { applies, Rewriting, type FusionContext } from './rewriting';

interface Layer extends Mergeable {
  readonly place: number;
  readonly node: GraphNode;
  readonly y: Value;
}

/**
 * One kernel computes all: the first layer's channels go where they went, most often into a concatenation, those of
 * the others into a tensor of their own, of which each is a slice.
 */
export function mergeForward(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const found of candidates(rewriting, context)) {
    const layers = sideBySide(found, context);
    if (!layers) continue;
    const { node, y } = layers[0] as Layer;
    const { x, w, b } = node.inputs as Record<'x' | 'w' | 'b', Value>;
    const others = layers.slice(1);
    const channels = others.reduce((sum, { y: own }) => sum + channelsOf(own), 0);
    const label = mergedLabel(layers);
    const rest = rewriting.value({ shape: y.shape.with(1, channels), dtype: 'f32' }, `${label}.rest`);
    const merged: GraphNode = {
      ...node,
      label,
      inputs: { x, w, b },
      outputs: { y, rest },
      attrs: { ...(node.attrs as Conv2dFusedAttrs), merged: mergedShape(layers) },
    };
    let first = 0;
    const slices = others.map(({ y: own, label: name }): GraphNode => {
      const attrs = { first, channels: channelsOf(own) };
      first += attrs.channels;
      const op: unknown = slice;
      return { op: op as Op, label: name, inputs: { x: rest }, outputs: { y: own }, attrs };
    });
    const earliest = Math.min(...layers.map(({ place }) => place));
    for (const { place } of layers) rewriting.replace(place);
    rewriting.replace(earliest, merged, ...slices);
  }
  return rewriting.nodes;
}

/** Layers that read the same tensor with the same window, and whose weights lie in one matrix. */
function candidates(rewriting: Rewriting, { placeOf }: FusionContext): Layer[][] {
  const groups = new Map<string, Layer[]>();
  for (const [place, node] of rewriting.entries()) {
    if (!applies(node, conv2dFused)) continue;
    const { x, w, b } = node.inputs as Record<'x' | 'w' | 'b', Value>;
    const [weight, bias] = [placeOf(w), placeOf(b)];
    if (!weight || !bias) continue;
    const { window, relu, merged } = node.attrs as Conv2dFusedAttrs;
    if (merged) continue;
    const key = JSON.stringify([x.id, weight.matrix.offset, bias.matrix.offset, window, relu]);
    const layer = { label: node.label, weight: w, bias: b, place, node, y: node.outputs.y as Value };
    groups.set(key, [...(groups.get(key) ?? []), layer]);
  }
  return [...groups.values()];
}
