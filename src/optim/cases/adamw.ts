import type { OptimizerCases } from '../optimizer_cases';
import { adamStep, refused, type AdamSettings } from './adam';

const other = { beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.5 };

/** torch.optim.AdamW. */
export const cases: OptimizerCases<AdamSettings> = {
  reference: (w, dw, slots, step, settings) =>
    adamStep(w * (1 - step.rate * settings.weightDecay * step.decayScale), dw, slots, step, settings),
  cases: {
    defaults: { settings: {}, rate: 0.001 },
    'large decay': { settings: other, rate: 0.01 },
  },
  pytorch: [
    {
      call: 'torch.optim.AdamW([w])',
      settings: {},
      rate: 0.001,
      w: [
        -0.1776048201, -0.2333783398, -0.3357643617, 0.4824806355, -0.1820996563, -0.8200020201, 0.9401533645,
      ],
    },
    {
      call: 'torch.optim.AdamW([w], 0.1, (0.8, 0.99), 1e-6, weight_decay=0.5)',
      settings: other,
      rate: 0.1,
      w: [
        -0.433288695, -0.2611721541, -0.3341719332, 0.1382933141, 0.01726734715, -0.5376400207, 1.045534165,
      ],
    },
  ],
  refused,
};
