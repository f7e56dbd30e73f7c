import type { GraphNode, Op, Value } from '../../core/op';
import { channelsOf } from '../../core/rows';
import type { Shape } from '../../core/shape';
import { biasGrad } from '../../ops/bias';
import { concat } from '../../ops/concat';
import { conv2dGradInput, conv2dGradWeight, type Conv2dAttrs } from '../../ops/conv2d';
import { mergedLabel, mergedShape, isDense, sideBySide, type Mergeable } from './merged';
import { applies, Rewriting, type FusionContext } from './rewriting';

interface GradAttrs extends Conv2dAttrs {
  readonly x: Shape;
  readonly w: Shape;
}

interface Listed {
  readonly place: number;
  readonly node: GraphNode;
}

/** A layer's gradients: of its weights, its bias and, unless nobody wants that, its input. */
interface Layer extends Mergeable {
  readonly x: Value;
  readonly dy: Value;
  readonly weightGradient: Listed;
  readonly biasGradient: Listed;
  readonly inputGradient: Listed | undefined;
}

/**
 * The layers' dy side by side in one tensor, into which they are written where they can be; from it one kernel each for
 * the gradients of all weights, of all biases and of the input, whose sum is then no longer one of several kernels.
 */
export function mergeBackward(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const found of candidates(rewriting, context)) {
    const layers = sideBySide(found, context);
    if (!layers || !isChain(rewriting, layers)) continue;
    // Gradients may lie otherwise than the parameters, which another graph may have laid out.
    if (isDense(weightGradients(layers), context) && isDense(biasGradients(layers), context))
      merge(rewriting, layers);
  }
  return rewriting.nodes;
}

function candidates(rewriting: Rewriting, context: FusionContext): Layer[][] {
  const groups = new Map<string, Layer[]>();
  for (const [place, node] of rewriting.entries()) {
    const layer = applies(node, conv2dGradWeight) ? layerOf(rewriting, { place, node }, context) : undefined;
    if (!layer) continue;
    const { window } = node.attrs as GradAttrs;
    const matrices = [layer.weight, layer.bias].map((value) => context.placeOf(value)?.matrix.offset);
    const key = JSON.stringify([layer.x.id, layer.inputGradient !== undefined, matrices, window]);
    groups.set(key, [...(groups.get(key) ?? []), layer]);
  }
  return [...groups.values()];
}

function layerOf(
  rewriting: Rewriting,
  weightGradient: Listed,
  { variableOf }: FusionContext,
): Layer | undefined {
  const { node } = weightGradient;
  const { x, dy } = node.inputs as Record<'x' | 'dy', Value>;
  const weight = variableOf(node.outputs.dw as Value);
  const readers = rewriting.readers(dy).flatMap((place): Listed[] => {
    const reader = rewriting.at(place);
    return reader ? [{ place, node: reader }] : [];
  });
  const biasGradient = readers.find(
    (reader) => applies(reader.node, biasGrad) && variableOf(reader.node.outputs.db as Value),
  );
  const bias = biasGradient && variableOf(biasGradient.node.outputs.db as Value);
  if (!weight || !bias) return undefined;
  const inputGradient = readers.find(
    (reader) => applies(reader.node, conv2dGradInput) && reader.node.inputs.w === weight,
  );
  return { label: node.label, weight, bias, x, dy, weightGradient, biasGradient, inputGradient };
}

/** True if each input gradient adds the one before it, which nobody else needs, and only the last is masked. */
function isChain(rewriting: Rewriting, layers: readonly Layer[]): boolean {
  if (new Set(layers.map(({ dy }) => dy)).size < layers.length) return false;
  const chain = inputGradients(layers);
  return chain.every(({ place, node }, index) => {
    const before = index === 0 ? undefined : chain[index - 1]?.node;
    if (!before) return true;
    const dx = before.outputs.dx as Value;
    return node.inputs.add === dx && rewriting.soleReader(dx) === place && !before.inputs.mask;
  });
}

const inputGradients = (layers: readonly Layer[]): Listed[] =>
  layers
    .flatMap(({ inputGradient }) => (inputGradient ? [inputGradient] : []))
    .toSorted((a, b) => a.place - b.place);

function merge(rewriting: Rewriting, layers: readonly Layer[]): void {
  const [first] = layers as readonly [Layer, ...Layer[]];
  const label = mergedLabel(layers);
  const channels = layers.reduce((sum, { dy }) => sum + channelsOf(dy), 0);
  const dy = rewriting.value({ shape: first.dy.shape.with(1, channels), dtype: 'f32' }, `${label}.gradient`);
  const attrs = { ...(first.weightGradient.node.attrs as GradAttrs), w: mergedShape(layers) };
  const op: unknown = concat;
  const join: GraphNode = {
    op: op as Op,
    label,
    inputs: Object.fromEntries(layers.map((layer, index) => [`x${index}`, layer.dy])),
    outputs: { y: dy },
    attrs: {},
  };
  const ofWeights: GraphNode = {
    ...first.weightGradient.node,
    label,
    inputs: { x: first.x, dy },
    outputs: named('dw', weightGradients(layers)),
    attrs,
  };
  const ofBiases: GraphNode = {
    ...first.biasGradient.node,
    label,
    inputs: { dy },
    outputs: named('db', biasGradients(layers)),
  };
  const chain = inputGradients(layers);
  const { add } = chain[0]?.node.inputs ?? {};
  const last = chain.at(-1)?.node;
  const mask = last?.inputs.mask;
  const ofInput: GraphNode[] = last
    ? [
        {
          ...last,
          label,
          inputs: { dy, w: first.weight, ...(add && { add }), ...(mask && { mask }) },
          attrs,
        },
      ]
    : [];
  const places = layers
    .flatMap(({ weightGradient, biasGradient }) => [weightGradient, biasGradient])
    .concat(chain)
    .map(({ place }) => place);
  for (const place of places) rewriting.replace(place);
  rewriting.replace(Math.max(...places), join, ofWeights, ofBiases, ...ofInput);
}

const weightGradients = (layers: readonly Layer[]): Value[] =>
  layers.map(({ weightGradient }) => weightGradient.node.outputs.dw as Value);

const biasGradients = (layers: readonly Layer[]): Value[] =>
  layers.map(({ biasGradient }) => biasGradient.node.outputs.db as Value);

/** Gradients of merged variables: the first's name is what the op calls it. */
const named = (name: string, values: readonly Value[]): Record<string, Value> =>
  Object.fromEntries(values.map((value, index) => [index === 0 ? name : `${name}.${index}`, value]));
