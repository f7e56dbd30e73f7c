import rule from '../../shaders/rmsprop.wgsl';
import { defineOptimizer } from './optimizer';

type RmspropSettings = Readonly<{
  alpha: number;
  epsilon: number;
  weightDecay: number;
  momentum: number;
  centered: boolean;
}>;

/**
 * RMSprop as `torch.optim.RMSprop`; Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012, centred
 * as by Graves 2013: w -= rate * g / (sqrt(mean of g^2) + epsilon), with momentum on what is taken off.
 */
export const rmsprop = defineOptimizer<RmspropSettings>({
  name: 'rmsprop',
  rate: 0.01,
  schema: {
    alpha: { default: 0.99, below: 1 },
    epsilon: { default: 1e-8 },
    weightDecay: { default: 0 },
    momentum: { default: 0 },
    centered: { default: false },
  },
  rule,
  slots: ({ momentum, centered }) => [
    'square_avg',
    ...(momentum === 0 ? [] : ['momentum_buffer']),
    ...(centered ? ['grad_avg'] : []),
  ],
  params: ({ alpha, epsilon, weightDecay, momentum, centered }) => ({
    alpha,
    one_minus_alpha: 1 - alpha,
    epsilon,
    weight_decay: weightDecay,
    momentum,
    centered: centered ? 1 : 0,
  }),
});
