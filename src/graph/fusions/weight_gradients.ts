import type { GraphNode, Op, Value, View } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { channelsOf, rowsOf } from '../../core/rows';
import { biasGrad } from '../../ops/bias';
import { conv2dGradWeight, gradientGeometry as convolutionGeometry } from '../../ops/conv2d';
import { linearGradWeight, gradientGeometry as linearGeometry } from '../../ops/linear';
import type { Geometry } from '../../ops/conv/problem';
import { weightGradients, type LayerGradients } from '../../ops/weight_gradients';
import { applies, Rewriting, type FusionContext } from './rewriting';

/**
 * Layers whose gradients one node computes: until their weights come to so many, since the partial sums of all exist at
 * once, and until what the node keeps in memory for longer, x and dy, comes to so many bytes.
 */
const MOST_WEIGHTS = 2 ** 20;
const MOST_HELD_BYTES = 2 ** 25;

/** A layer with a gradient of its weights, and where its nodes are. */
interface Found {
  readonly layer: LayerGradients;
  readonly x: Value;
  readonly dy: Value;
  readonly places: readonly number[];
  /** Gradients of the weights and of the biases; several where they lie merged. */
  readonly dw: readonly Value[];
  readonly db: readonly Value[];
}

/**
 * The gradient of a layer's bias comes with that of its weights, which reads dy anyway; and the partial sums of several
 * layers are added up by one launch.
 */
export function fuseWeightGradients(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  let group: Found[] = [];
  const close = (): void => {
    if (group.length > 0) replace(rewriting, group);
    group = [];
  };
  for (const [place, node] of rewriting.entries()) {
    const found = findLayer(rewriting, place, node, context);
    if (!found) continue;
    if (!fits([...group, found])) close();
    group.push(found);
  }
  close();
  return rewriting.nodes;
}

function fits(group: readonly Found[]): boolean {
  if (group.length === 1) return true;
  const weights = group.reduce((sum, { dw }) => sum + dw.reduce((own, value) => own + elements(value), 0), 0);
  const held = new Set(group.flatMap(({ x, dy }) => [x, dy]));
  const bytes = [...held].reduce((sum, value) => sum + bytesOf(rowsOf(value) * channelsOf(value)), 0);
  return weights <= MOST_WEIGHTS && bytes <= MOST_HELD_BYTES;
}

const elements = ({ shape }: Value): number => shape.reduce((product, length) => product * length, 1);

function findLayer(
  rewriting: Rewriting,
  place: number,
  node: GraphNode,
  context: FusionContext,
): Found | undefined {
  const geometry = geometryOf(node);
  const dw = Object.values(node.outputs);
  const weights = geometry && flatView(dw, rewriting, context);
  if (!weights) return undefined;
  const { x, dy } = node.inputs as Record<'x' | 'dy', Value>;
  const layer = { label: node.label, geometry, dw: weights };
  for (const reader of rewriting.readers(dy)) {
    const summed = rewriting.at(reader);
    if (!applies(summed, biasGrad)) continue;
    const db = Object.values(summed.outputs);
    const bias = flatView(db, rewriting, context);
    // Kernels find the bias's place from the weights'.
    if (bias && bias.offset > weights.offset)
      return { layer: { ...layer, db: bias }, x, dy, places: [place, reader], dw, db };
  }
  return { layer, x, dy, places: [place], dw, db: [] };
}

function geometryOf(node: GraphNode): Geometry | undefined {
  if (applies(node, conv2dGradWeight)) return convolutionGeometry(node as never);
  return applies(node, linearGradWeight) ? linearGeometry(node) : undefined;
}

/** Where gradients lie, side by side from the first on, if they are variables' and nobody reads them. */
function flatView(
  gradients: readonly Value[],
  rewriting: Rewriting,
  { placeOf }: FusionContext,
): View | undefined {
  const [first] = gradients;
  const place = first && placeOf(first);
  const isRead = gradients.some((value) => rewriting.readers(value).length > 0);
  if (!place || isRead) return undefined;
  return { offset: place.offset, stride: place.stride, zeroPadded: false };
}

/** Puts one node in the place of the last layer's. */
function replace(rewriting: Rewriting, group: readonly Found[]): void {
  const last = Math.max(...group.flatMap(({ places }) => places));
  const inputs: Record<string, Value> = {};
  const outputs: Record<string, Value> = {};
  const name = (values: readonly Value[], prefix: string) =>
    values.forEach((value, index) => (outputs[index === 0 ? prefix : `${prefix}.${index}`] = value));
  group.forEach(({ x, dy, dw, db, places }, index) => {
    inputs[`x${index}`] = x;
    inputs[`dy${index}`] = dy;
    name(dw, `dw${index}`);
    name(db, `db${index}`);
    for (const place of places) rewriting.replace(place);
  });
  const layers = group.map(({ layer }) => layer);
  const op: unknown = weightGradients;
  const [first, final] = [layers[0], layers.at(-1)].map((layer) => layer?.label.replace(/\.product$/, ''));
  const label = layers.length === 1 ? `${first}` : `${first} to ${final}`;
  rewriting.replace(last, { op: op as Op, label, inputs, outputs, attrs: { layers } });
}
