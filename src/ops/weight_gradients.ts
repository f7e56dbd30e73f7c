import type { Launch, Op, Scratch, Target, TypedNode, Value, View } from '../core/op';
import { roundUp } from '../core/shape';
import { chooseKernel } from './conv/choose';
import { BACKWARD_WEIGHT } from './conv/launch';
import { backwardWeightLaunches } from './conv/parts';
import {
  allowsVectors,
  multiplyAddsOf,
  tapsOf,
  type BackwardWeightProblem,
  type Geometry,
  type Parts,
} from './conv/problem';
import { sumMatrices, type SummedMatrix } from './conv/sum';

/** Where a matrix lies in the flat buffer of gradients, in elements. */
export interface FlatMatrix {
  readonly offset: number;
  readonly stride: number;
}

/** A convolution or linear layer whose gradients are computed from its x and dy. */
export interface LayerGradients {
  readonly label: string;
  readonly geometry: Geometry;
  readonly weight: FlatMatrix;
  /** Where the bias's gradient is wanted too. */
  readonly bias?: FlatMatrix;
}

export interface WeightGradientsAttrs {
  readonly layers: readonly LayerGradients[];
}

type Gradients = TypedNode<string, string, WeightGradientsAttrs>;

/** Splits' matrices begin at multiples of 256 bytes. */
const ALIGNMENT = 64;

/**
 * dw and db of several layers, from x0, dy0, x1, dy1 and so on; outputs dw0, db0 and so on are gradients of parameters
 * and lie in the flat buffer. Where a layer's sum over the pixels is split, its kernel leaves partial sums,
 * and one launch adds up those of all layers in order: so repeats are identical bit by bit. The fusion pass makes it.
 */
export const weightGradients: Op<string, string, WeightGradientsAttrs> = {
  name: 'weight_gradients',
  infer() {
    throw new Error('weight_gradients: only a rewrite makes it');
  },
  lower(node, views, target) {
    const { layers } = node.attrs;
    let end = 0;
    const planned = layers.map((layer, index) => {
      const part = planLayer(node, views, index, target, end);
      if (part.splits > 1) end = roundUp(end + part.splits * part.splitStride, ALIGNMENT);
      return { layer, part };
    });
    const parts: Scratch = { scratch: 'parts', elements: end };
    const launches = planned.flatMap(({ layer, part }) => launchLayer(layer, part, parts, target));
    const sums = planned.flatMap(({ layer, part }) => (part.splits > 1 ? matricesOf(layer, part) : []));
    return { launches: sums.length === 0 ? launches : [...launches, sumMatrices(sums, parts, target)] };
  },
};

/** One layer's share of the partial sums: `splits` matrices of the weights' rows and, last, the bias's. */
interface LayerParts {
  readonly problem: BackwardWeightProblem;
  readonly kernel: (typeof BACKWARD_WEIGHT)[number];
  readonly offset: number;
  readonly splits: number;
  readonly splitStride: number;
  readonly tapRows: number;
  readonly biasOffset: number | undefined;
}

function planLayer(
  { inputs, outputs, attrs: { layers } }: Gradients,
  views: Readonly<Record<string, View>>,
  index: number,
  target: Target,
  offset: number,
): LayerParts {
  const { geometry, bias } = layers[index] as LayerGradients;
  const placed = (values: Readonly<Record<string, Value>>, name: string) => ({
    value: values[name] as Value,
    view: views[name] as View,
  });
  const problem: BackwardWeightProblem = {
    form: 'backward_weight',
    geometry,
    x: placed(inputs, `x${index}`),
    dy: placed(inputs, `dy${index}`),
    dw: placed(outputs, `dw${index}`),
    bias: bias !== undefined,
  };
  const kernel = chooseKernel(BACKWARD_WEIGHT, problem, target);
  const tapRows = allowsVectors(problem) ? roundUp(geometry.x.channels, 4) : geometry.x.channels;
  const rows = tapsOf(geometry) * tapRows;
  return {
    problem,
    kernel,
    offset,
    splits: kernel.splits(problem, target),
    splitStride: (rows + (bias ? 1 : 0)) * geometry.y.channels,
    tapRows,
    biasOffset: bias ? rows * geometry.y.channels : undefined,
  };
}

function launchLayer(layer: LayerGradients, planned: LayerParts, scratch: Scratch, target: Target): Launch[] {
  const { problem, kernel } = planned;
  const parts = planned.splits > 1 ? splitParts(layer, planned, scratch) : wholeParts(layer);
  const share = { label: layer.label, multiplyAdds: multiplyAddsOf(layer.geometry) };
  return backwardWeightLaunches(kernel, problem, parts, target).map((launch) => ({
    ...launch,
    layer: share,
  }));
}

function splitParts({ geometry }: LayerGradients, planned: LayerParts, scratch: Scratch): Parts {
  const { offset, splits, splitStride, tapRows, biasOffset } = planned;
  const view = { offset, stride: geometry.y.channels, zeroPadded: false };
  return { to: { value: scratch, view }, splits, splitStride, tapRows, biasOffset };
}

/** A sum that is not split goes where it belongs at once. */
const wholeParts = ({ geometry, weight, bias }: LayerGradients): Parts => ({
  to: { value: { flat: 'gradients' }, view: { ...weight, zeroPadded: false } },
  splits: 1,
  splitStride: 0,
  tapRows: geometry.tapRows,
  biasOffset: bias && bias.offset - weight.offset,
});

function matricesOf(
  { geometry, weight, bias }: LayerGradients,
  { offset, splits, splitStride, tapRows, biasOffset }: LayerParts,
): SummedMatrix[] {
  const columns = geometry.y.channels;
  const shared = { columns, splits, splitStride };
  const ofWeight: SummedMatrix = {
    ...shared,
    rows: tapsOf(geometry) * geometry.x.channels,
    partOffset: offset,
    partGroupRows: tapRows,
    groupRows: geometry.x.channels,
    totalGroupRows: geometry.tapRows,
    total: weight,
  };
  if (!bias || biasOffset === undefined) return [ofWeight];
  const ofBias: SummedMatrix = {
    ...shared,
    rows: 1,
    partOffset: offset + biasOffset,
    partGroupRows: 1,
    groupRows: 1,
    totalGroupRows: 1,
    total: bias,
  };
  return [ofWeight, ofBias];
}
