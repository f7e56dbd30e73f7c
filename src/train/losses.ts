import type { Value } from '../core/op';
import { ValueError } from '../core/errors';
import { shown } from '../core/check';
import { group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { requireRank, sizeOf } from '../core/shape';
import type { Variable } from '../core/variable';
import { differentiate, weightedLosses } from '../graph/differentiate';
import { trainedVariables } from '../graph/flat';
import type { Graph } from '../graph/graph';
import { applyGroups, type VariableGroup } from '../optim/groups';
import { checkImages, checkInputs, type Images, type Inputs, type Labels } from './check';
import { CLASS_NUMBERS, type Head, type Loss } from './loss';

/** A network to be trained. */
export interface Network {
  readonly graph: Graph;
  /** The graph's input, (N, C, H, W). */
  readonly images: Value;
  readonly heads: readonly Head[];
  /** What the heads' scores are held against. Default: `classNumbers()`. */
  readonly loss?: Loss;
}

const HEAD: Rules<Head> = {
  name: is.needed(is.text),
  scores: is.needed(is.having('shape', 'label')),
  weight: is.needed(is.number({ above: 0 })),
};

export const NETWORK: Rules<Network> = {
  graph: is.needed(is.having('nodes', 'inputs', 'variables', 'copy')),
  images: is.needed(is.having('shape', 'label')),
  heads: is.needed(is.list(group(HEAD))),
  loss: is.having('labels', 'apply', 'read'),
};

/** @throws {ValueError} unless these images are an input of this graph */
export function requireInput(where: string, { inputs }: Graph, images: Value): void {
  if (inputs.get(images.label) === images) return;
  throw new ValueError(where, 'images must be an input of the graph', shown(images.label));
}

/** Outputs that networks have beside; options made by spreading a network may have them, too. */
export const OUTPUTS = {
  ...{ scores: is.anything, scores0: is.anything, scores1: is.anything, scores2: is.anything },
  lacks: is.text,
};

/** A network with the losses of its heads, as they are, and the gradients of their weighted sum. */
export interface TrainedNetwork {
  readonly graph: Graph;
  readonly losses: readonly Value[];
  /** The variables whose gradients it computes, with their groups' scales of rate and decay. */
  readonly trained: readonly Variable[];
}

/**
 * Adds an input for labels, a loss for each head and all gradients of their weighted sum to a copy of the graph. Of several
 * micro-batches, each has its share in the mean over the batch.
 * @param of names of the values whose gradients are wanted, in place of those of all trained variables
 * @throws {ShapeError} if scores do not fit the labels of the loss
 * @throws {ValueError} if there are no heads, the graph has labels already, a group names no variable, or groups train one
 * that the graph assigns
 */
export function addLosses(
  { graph: given, images, heads, loss = CLASS_NUMBERS }: Network,
  microBatches = 1,
  groups: readonly VariableGroup[] = [],
  of?: readonly string[],
): TrainedNetwork {
  if (heads.length === 0) throw new ValueError('trainer', 'needs at least one head');
  if (given.inputs.has('labels')) {
    const advice = "give the network's own graph, with no input of this name";
    const problem = "the graph has 'labels' already, as one with a trainer's losses has";
    throw new ValueError('trainer', problem, undefined, advice);
  }
  const names = heads.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ValueError('trainer', 'each head must have a name of its own', shown(twice));
  requireInput('trainer', given, images);
  const graph = given.copy();
  const { shape, dtype, plane } = loss.labels((heads[0] as Head).scores);
  const labels = graph.input('labels', [images.shape[0] ?? 1, ...shape.slice(1)], dtype, plane);
  const losses = heads.map(({ name, scores }) => {
    const value = loss.apply(graph, `${name}.loss`, scores, labels);
    requireRank(`${name}.loss`, 'the loss', { ...value }.shape, '()'); // of another's making
    return value;
  });
  const weighted = heads.map(({ weight }, index) => ({
    value: losses[index] as Value,
    weight: weight / microBatches,
  }));
  const variables = applyGroups(
    [...graph.variables.values()].map(({ variable }) => variable),
    groups,
  );
  const both = variables.find(({ name, trainable }) => trainable && graph.assignments.has(graph.value(name)));
  if (both) {
    const advice = 'leave it out of the group, or add a group that freezes it';
    throw new ValueError('groups', 'what the graph assigns cannot be trained', both.name, advice);
  }
  const trainable = new Map(variables.map((variable) => [variable.name, variable.trainable]));
  const targets = (of ?? []).map((name) => graph.value(name)).filter(({ role }) => role !== 'variable');
  const isTrained = ({ name }: Variable): boolean => of?.includes(name) ?? trainable.get(name) ?? false;
  differentiate(graph, weightedLosses(graph, weighted), targets, isTrained);
  const reached = new Set(trainedVariables(graph).map(({ name }) => name));
  return { graph, losses, trained: variables.filter(({ name }) => reached.has(name)) };
}

/** What a trainer keeps readable after a step. */
export const keptOf = (heads: readonly Head[], losses: readonly Value[]): Value[] => [
  ...losses,
  ...heads.map(({ scores }) => scores),
];

/**
 * What each input of a network with losses gets, for `parts` times as many images as its graph has.
 * @throws as `checkImages`, the loss and `checkInputs` do
 */
export function checkBatch(
  where: string,
  { graph, images: input, heads, loss = CLASS_NUMBERS }: Network,
  { images, labels, inputs = {} }: { images: Images; labels: Labels; inputs?: Inputs },
  parts = 1,
): Readonly<Record<string, Images | Uint32Array>> {
  const count = (input.shape[0] ?? 1) * parts;
  checkImages(where, images, input, count);
  const checked = loss.read(where, labels, count, heads);
  const own = [input.label, 'labels'];
  const others = [...graph.inputs.values()].filter(({ label }) => !own.includes(label));
  checkInputs(where, inputs, others, ({ shape }) => parts * sizeOf(shape));
  return { ...inputs, [input.label]: images, labels: checked };
}
