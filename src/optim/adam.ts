import rule from '../../shaders/adam.wgsl';
import { defineOptimizer, type NumberSetting } from './optimizer';

type AdamSettings = Readonly<{
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}>;

/** The two differ in what weight decay adds to: the gradient, or the step. */
const adamKind = (name: string, weightDecay: NumberSetting, coupled: boolean) =>
  defineOptimizer<AdamSettings>({
    name,
    rate: 0.001,
    schema: {
      beta1: { default: 0.9, below: 1 },
      beta2: { default: 0.999, below: 1 },
      epsilon: { default: 1e-8 },
      weightDecay,
    },
    rule,
    slots: () => ['exp_avg', 'exp_avg_sq'],
    params: ({ beta1, beta2, epsilon, weightDecay: decay }) => ({
      beta1,
      one_minus_beta1: 1 - beta1,
      beta2,
      one_minus_beta2: 1 - beta2,
      epsilon,
      coupled: coupled ? decay : 0,
      decoupled: coupled ? 0 : decay,
    }),
    factors: ({ beta1, beta2 }, count) => [1 / (1 - beta1 ** count), 1 / (1 - beta2 ** count)],
  });

/**
 * Adam as `torch.optim.Adam`; Kingma and Ba, "Adam", ICLR 2015, algorithm 1. `weightDecay` is added to the gradient, as
 * weightDecay * w.
 */
export const adam = adamKind('adam', { default: 0 }, true);

/**
 * Adam with decoupled weight decay, as `torch.optim.AdamW`: w -= rate * weightDecay * w beside Adam's step; Loshchilov and
 * Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.
 */
export const adamw = adamKind('adamw', { default: 0.01 }, false);
