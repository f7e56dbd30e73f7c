import { ValueError } from '../core/errors';
import rule from '../../shaders/sgd.wgsl';
import { defineOptimizer } from './optimizer';

type SgdSettings = Readonly<{
  momentum: number;
  weightDecay: number;
  nesterov: boolean;
}>;

/**
 * Stochastic gradient descent as `torch.optim.SGD` (without dampening): g = dw + weightDecay * w, m = momentum * m + g,
 * w -= rate * m; with `nesterov` w -= rate * (g + momentum * m) (Sutskever et al. 2013). Without momentum it keeps nothing.
 */
export const sgd = defineOptimizer<SgdSettings>({
  name: 'sgd',
  rate: 0.01,
  schema: { momentum: { default: 0 }, weightDecay: { default: 0 }, nesterov: { default: false } },
  rule,
  slots: ({ momentum }) => (momentum === 0 ? [] : ['momentum_buffer']),
  params: ({ momentum, weightDecay, nesterov }) => ({
    momentum,
    weight_decay: weightDecay,
    nesterov: nesterov ? 1 : 0,
  }),
  check({ momentum, nesterov }) {
    if (nesterov && momentum === 0) throw new ValueError('sgd', 'nesterov needs a momentum above 0', '0');
  },
});
