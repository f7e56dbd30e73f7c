import type { OptimizerCases } from '../optimizer_cases';

type Settings = Readonly<{ momentum: number; weightDecay: number; nesterov: boolean }>;

const usual = { momentum: 0.9, weightDecay: 0.01 };

/** torch.optim.SGD, without dampening. */
export const cases: OptimizerCases<Settings> = {
  reference(w, dw, [m = 0], { rate, decayScale }, { momentum, weightDecay, nesterov }) {
    const g = dw + weightDecay * decayScale * w;
    const next = momentum * m + g;
    const moved = w - rate * (nesterov ? g + momentum * next : next);
    return momentum === 0 ? [moved] : [moved, next];
  },
  cases: {
    defaults: { settings: {}, rate: 0.1 },
    decay: { settings: { weightDecay: 0.01 }, rate: 0.1 },
    'momentum and decay': { settings: usual, rate: 0.01 },
    nesterov: { settings: { ...usual, nesterov: true }, rate: 0.01 },
  },
  pytorch: [
    {
      call: 'torch.optim.SGD([w], 0.1)',
      settings: {},
      rate: 0.1,
      w: [
        -0.3529397249, -0.1712872624, -0.2631094456, 0.3037986398, -0.1432340026, -0.7176744938, 1.040306461,
      ],
    },
    {
      call: 'torch.optim.SGD([w], 0.1, momentum=0.9, weight_decay=0.01)',
      settings: usual,
      rate: 0.1,
      w: [
        -0.4525808813, -0.2635953911, -0.3351435684, 0.1187060059, -0.09155769216, -0.6803634197, 1.179759173,
      ],
    },
    {
      call: 'torch.optim.SGD([w], 0.1, momentum=0.9, weight_decay=0.01, nesterov=True)',
      settings: { ...usual, nesterov: true },
      rate: 0.1,
      w: [
        -0.6021737516, -0.1981432938, -0.2618381517, -0.02703618706, -0.05965984568, -0.5880657342,
        1.254950556,
      ],
    },
  ],
  refused: [{ momentum: -0.1 }, { weightDecay: -1 }, { momentum: 1e39 }, { nesterov: true }, { lr: 0.1 }],
};
