import type { GraphNode, Value } from '../../core/op';
import { channelsOf } from '../../core/rows';
import { sameShape } from '../../core/shape';
import { concat, slice, type SliceAttrs } from '../../ops/concat';
import { flatten, unflatten } from '../../ops/flatten';
import { reluGrad } from '../../ops/relu';
import { touched, withEpilogue } from './epilogue';
import { applies, Rewriting, type FusionContext } from './rewriting';

type Pair = Record<'y' | 'dy' | 'dx', Value>;
const valuesOf = ({ inputs, outputs }: GraphNode): Pair => ({ ...inputs, ...outputs }) as Pair;

/**
 * ReLU's gradient is 0 where y is not above 0: the kernel that finishes dy writes it so, and no kernel reads and writes
 * it again. Where dy is cut or reshaped before, the mask moves to the whole first.
 */
export function fuseReluMasks(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  let before: readonly GraphNode[] = nodes;
  for (;;) {
    const after = [overSlices, overUnflatten, intoProducer].reduce<GraphNode[]>(
      (list, rewrite) => rewrite(list, context),
      [...before],
    );
    if (after.length === before.length && after.every((node, index) => node === before[index])) return after;
    before = after;
  }
}

/** Masks of all branches of a concatenation's gradient become one mask of the whole. */
function overSlices(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const [, join] of rewriting.entries()) {
    if (!applies(join, concat)) continue;
    const y = join.outputs.y as Value;
    const whole = gradientOf(rewriting, join);
    if (!whole) continue;
    const { dy, slices } = whole;
    const first = Math.min(...slices.map(({ cut }) => cut));
    if (!sameShape(dy.shape, y.shape) || rewriting.producer(y) > first) continue;
    const dx = rewriting.value(dy, `${dy.label}.masked`);
    const mask: GraphNode = {
      op: reluGrad,
      label: join.label,
      inputs: { y, dy },
      outputs: { dx },
      attrs: {},
    };
    slices.forEach(({ cut, masked }, index) => {
      const node = rewriting.at(cut) as GraphNode;
      const { dx: result } = valuesOf(rewriting.at(masked) as GraphNode);
      const part = { ...node, inputs: { x: dx }, outputs: { y: result } };
      rewriting.replace(masked);
      rewriting.replace(cut, ...(index === 0 ? [mask, part] : [part]));
    });
  }
  return rewriting.nodes;
}

interface CutGradient {
  readonly dy: Value;
  /** Places of each slice and of the mask that alone reads it, first things first. */
  readonly slices: readonly { readonly cut: number; readonly masked: number }[];
}

/** The gradient of a concatenation if all that happens to it is that each branch's slice gets its branch's mask. */
function gradientOf(rewriting: Rewriting, join: GraphNode): CutGradient | undefined {
  const branches = Object.values(join.inputs);
  const masks = branches.map((branch) =>
    rewriting
      .readers(branch)
      .filter((place) => applies(rewriting.at(place), reluGrad) && rewriting.at(place)?.inputs.y === branch),
  );
  let channel = 0;
  const found: { cut: number; masked: number; dy: Value }[] = [];
  for (const [index, branch] of branches.entries()) {
    const [masked, ...others] = masks[index] ?? [];
    if (masked === undefined || others.length > 0) return undefined;
    const { dy } = valuesOf(rewriting.at(masked) as GraphNode);
    const cut = rewriting.producer(dy);
    const slicing = cut < 0 ? undefined : rewriting.at(cut);
    if (!applies(slicing, slice) || rewriting.soleReader(dy) !== masked) return undefined;
    if ((slicing.attrs as SliceAttrs).first !== channel) return undefined;
    found.push({ cut, masked, dy: slicing.inputs.x as Value });
    channel += channelsOf(branch);
  }
  const [first] = found;
  if (!first || found.some(({ dy }) => dy !== first.dy) || rewriting.isKept(first.dy)) return undefined;
  const cuts = found.map(({ cut }) => cut);
  if (rewriting.readers(first.dy).some((place) => !cuts.includes(place))) return undefined;
  return { dy: first.dy, slices: found.toSorted((a, b) => a.cut - b.cut) };
}

/** A mask of a reshaped gradient becomes a mask of the flat one, if the forward part has flattened y. */
function overUnflatten(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const [place, node] of rewriting.entries()) {
    if (!applies(node, reluGrad)) continue;
    const { y, dy, dx } = valuesOf(node);
    const reshaped = rewriting.producer(dy);
    const reshape = reshaped < 0 ? undefined : rewriting.at(reshaped);
    if (!applies(reshape, unflatten) || rewriting.soleReader(dy) !== place || context.placeOf(dx)) continue;
    const flat = rewriting
      .readers(y)
      .map((reader) => rewriting.at(reader))
      .find((reader) => applies(reader, flatten))?.outputs.y;
    const gradient = reshape.inputs.x as Value;
    if (!flat || rewriting.producer(flat) > reshaped) continue;
    const masked = rewriting.value(gradient, `${gradient.label}.masked`);
    const mask: GraphNode = { ...node, inputs: { y: flat, dy: gradient }, outputs: { dx: masked } };
    rewriting.replace(place);
    rewriting.replace(reshaped, mask, { ...reshape, inputs: { x: masked }, outputs: { y: dx } });
  }
  return rewriting.nodes;
}

/** The kernel that computes dy masks it as it writes it. */
function intoProducer(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const [place, node] of rewriting.entries()) {
    if (!applies(node, reluGrad)) continue;
    const { y, dy, dx } = valuesOf(node);
    const from = rewriting.producer(dy);
    const producer = from < 0 ? undefined : rewriting.at(from);
    if (!producer || touched(producer) !== dy || rewriting.soleReader(dy) !== place) continue;
    const whole = rewriting.producer(y) < from ? withEpilogue(producer, 'mask', y, dx) : undefined;
    if (!whole) continue;
    rewriting.replace(from, whole);
    rewriting.replace(place);
  }
  return rewriting.nodes;
}
