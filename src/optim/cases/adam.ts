import type { OptimizerCases, ReferenceStep } from '../optimizer_cases';

export type AdamSettings = Readonly<{ beta1: number; beta2: number; epsilon: number; weightDecay: number }>;

/** Kingma and Ba, algorithm 1. */
export function adamStep(
  w: number,
  g: number,
  [m = 0, v = 0]: readonly number[],
  { rate, count }: ReferenceStep,
  { beta1, beta2, epsilon }: AdamSettings,
): readonly [w: number, m: number, v: number] {
  const mean = beta1 * m + (1 - beta1) * g;
  const square = beta2 * v + (1 - beta2) * g ** 2;
  const size = Math.sqrt(square / (1 - beta2 ** count)) + epsilon;
  return [w - (rate * (mean / (1 - beta1 ** count))) / size, mean, square];
}

const other = { beta1: 0.8, beta2: 0.99, epsilon: 0.05, weightDecay: 0.1 };

export const refused = [
  { beta1: 1 },
  { beta2: -0.1 },
  { beta1: 0.99999999999 },
  { epsilon: -1e-8 },
  { weightDecay: Infinity },
  { eps: 1e-8 },
];

/** torch.optim.Adam. */
export const cases: OptimizerCases<AdamSettings> = {
  reference: (w, dw, slots, step, settings) =>
    adamStep(w, dw + settings.weightDecay * step.decayScale * w, slots, step, settings),
  cases: {
    defaults: { settings: {}, rate: 0.001 },
    'large epsilon and decay': { settings: other, rate: 0.01 },
    'no epsilon': { settings: { epsilon: 0 }, rate: 0.01 },
  },
  pytorch: [
    {
      call: 'torch.optim.Adam([w])',
      settings: {},
      rate: 0.001,
      w: [
        -0.1776100901, -0.2333853375, -0.3357744347, 0.4824951688, -0.1821051536, -0.8200266527, 0.9401815214,
      ],
    },
    {
      call: 'torch.optim.Adam([w], 0.01, (0.8, 0.99), 0.05, weight_decay=0.1)',
      settings: other,
      rate: 0.01,
      w: [
        -0.2013010044, -0.2386952897, -0.3394291349, 0.4580057563, -0.1670941724, -0.8028151306, 0.9592877607,
      ],
    },
    {
      call: 'torch.optim.Adam([w], 0.01, eps=0)',
      settings: { epsilon: 0 },
      rate: 0.01,
      w: [-0.204067854, -0.2411820997, -0.3421743025, 0.455951849, -0.1646447752, -0.803987191, 0.9636060388],
    },
  ],
  refused,
};
