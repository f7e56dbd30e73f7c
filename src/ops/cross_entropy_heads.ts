import type { Launch, Op, Target, TensorSpec, Value, View } from '../core/op';
import { ShapeError } from '../core/errors';
import { foldWorkgroups } from '../core/rows';
import { formatShape } from '../core/shape';
import { barrierLanes } from '../core/targets';
import shader from '../../shaders/cross_entropy.wgsl';
import { places } from './elementwise';

const lanesOn = (target: Target): number => barrierLanes(target, 64);

/** Gradients of losses that one launch can read. */
export const MOST_HEADS = 4;

export interface HeadsAttrs {
  /** Classifiers whose scores lie side by side in x. */
  readonly heads: number;
}

interface Losses {
  readonly x: Value;
  readonly labels: Value;
  readonly loss: Value;
}

interface LossGradients {
  readonly x: Value;
  readonly labels: Value;
  /** One for each head, of shape (). */
  readonly dloss: readonly { readonly value: Value; readonly view: View }[];
  readonly dx: Value;
}

const sizes = ({ shape: [rows = 1, all = 1] }: TensorSpec, heads: number) => ({
  rows,
  channels: all / heads,
  heads,
});

const offsets = (dloss: LossGradients['dloss']): Record<string, number> =>
  Object.fromEntries(
    Array.from({ length: MOST_HEADS }, (_, head) => [
      `dloss${head}_offset`,
      (dloss[head] ?? dloss[0])?.view.offset ?? 0,
    ]),
  );

/** The launches that compute the losses of all heads, (1, heads), or () for one. */
export function launchLosses(
  { x, labels, loss }: Losses,
  views: Readonly<Record<'x' | 'labels' | 'loss', View>>,
  heads: number,
  target: Target,
): Launch[] {
  const { rows, channels } = sizes(x, heads);
  const lanes = lanesOn(target);
  const rowLosses = { scratch: 'row_losses', elements: heads * rows };
  const params = {
    ...sizes(x, heads),
    ...places({ x: views.x, dx: undefined }),
    labels_offset: views.labels.offset,
    loss_offset: views.loss.offset,
    ...offsets([]),
  };
  return [
    {
      shader,
      entry: 'forward',
      bind: { x, labels, row_losses: rowLosses },
      params: { ...params, turns: Math.ceil(channels / lanes) },
      constants: { WG: lanes },
      workgroups: foldWorkgroups(heads * rows, target.maxWorkgroupsPerDimension),
    },
    {
      shader,
      entry: 'mean',
      bind: { losses: rowLosses, loss },
      params: { ...params, turns: Math.ceil(rows / lanes) },
      constants: { WG: lanes },
      workgroups: [heads, 1, 1],
    },
  ];
}

/** The launch that computes the gradient of all heads' scores. */
export function launchLossGradients(
  { x, labels, dloss, dx }: LossGradients,
  views: Readonly<Record<'x' | 'labels' | 'dx', View>>,
  target: Target,
): Launch {
  const heads = dloss.length;
  const { rows, channels } = sizes(x, heads);
  const lanes = lanesOn(target);
  const standIn = dloss[0]?.value ?? labels;
  const bound = Array.from(
    { length: MOST_HEADS },
    (_, head) => [`dloss${head}`, dloss[head]?.value ?? standIn] as const,
  );
  return {
    shader,
    entry: 'backward',
    bind: { x, labels, ...Object.fromEntries(bound), dx },
    params: {
      ...sizes(x, heads),
      turns: Math.ceil(channels / lanes),
      ...places({ x: views.x, dx: views.dx }),
      labels_offset: views.labels.offset,
      loss_offset: 0,
      ...offsets(dloss),
    },
    constants: { WG: lanes },
    workgroups: foldWorkgroups(heads * rows, target.maxWorkgroupsPerDimension),
  };
}

function requireHeads(where: string, { shape: [, all = 1] }: TensorSpec, heads: number): void {
  if (!Number.isInteger(heads) || heads < 1 || heads > MOST_HEADS || all % heads !== 0) {
    throw new ShapeError(
      where,
      `a row must hold the scores of 1 to ${MOST_HEADS} heads`,
      `${formatShape([all])} for ${heads}`,
    );
  }
}

/**
 * loss (1, heads): the cross-entropy, as `crossEntropy` has it, of each of some classifiers whose scores lie side by
 * side in x (N, heads * K), against the same labels (N). The fusion pass makes it.
 */
export const crossEntropyHeads: Op<'x' | 'labels', 'loss', HeadsAttrs> = {
  name: 'cross_entropy_heads',
  infer(where, { x }, { heads }) {
    requireHeads(where, x, heads);
    return { loss: { shape: [1, heads], dtype: 'f32' } };
  },
  lower: ({ inputs, outputs, attrs: { heads } }, views, target) => ({
    launches: launchLosses({ ...inputs, ...outputs }, views, heads, target),
  }),
};

/** dx of all heads, from the gradients dloss0, dloss1 and so on of their losses, each of shape (). */
export const crossEntropyHeadsGrad: Op<string, 'dx', HeadsAttrs> = {
  name: 'cross_entropy_heads_grad',
  infer(where, inputs, { heads }) {
    const x = inputs.x as TensorSpec;
    requireHeads(where, x, heads);
    return { dx: { shape: x.shape, dtype: 'f32' } };
  },
  lower({ inputs, outputs: { dx }, attrs: { heads } }, views, target) {
    const { x, labels } = inputs as Record<'x' | 'labels', Value>;
    const dloss = Array.from({ length: heads }, (_, head) => ({
      value: inputs[`dloss${head}`] as Value,
      view: views[`dloss${head}`] as View,
    }));
    const placed = views as Record<'x' | 'labels' | 'dx', View>;
    return { launches: [launchLossGradients({ x, labels, dloss, dx }, placed, target)] };
  },
};
