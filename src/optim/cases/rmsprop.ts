import type { OptimizerCases } from '../optimizer_cases';

type Settings = Readonly<{
  alpha: number;
  epsilon: number;
  weightDecay: number;
  momentum: number;
  centered: boolean;
}>;

const other = { alpha: 0.9, epsilon: 1e-6, weightDecay: 0.1, momentum: 0.9 };

/** torch.optim.RMSprop. */
export const cases: OptimizerCases<Settings> = {
  reference(w, dw, [v = 0, b = 0, a = 0], { rate, decayScale }, settings) {
    const { alpha, epsilon, weightDecay, momentum, centered } = settings;
    const g = dw + weightDecay * decayScale * w;
    const square = alpha * v + (1 - alpha) * g ** 2;
    const mean = alpha * a + (1 - alpha) * g;
    const step = momentum * b + g / (Math.sqrt(centered ? square - mean ** 2 : square) + epsilon);
    return [w - rate * step, square, step, mean];
  },
  cases: {
    defaults: { settings: {}, rate: 0.01 },
    'momentum and decay': { settings: other, rate: 0.01 },
    centered: { settings: { ...other, centered: true }, rate: 0.01 },
    'centered without momentum': { settings: { ...other, momentum: 0, centered: true }, rate: 0.01 },
  },
  pytorch: [
    {
      call: 'torch.optim.RMSprop([w])',
      settings: {},
      rate: 0.01,
      w: [
        -0.4410625397, -0.2100544885, -0.3031143858, 0.2800479346, -0.07510212829, -0.6837596287, 1.10351987,
      ],
    },
    {
      call: 'torch.optim.RMSprop([w], 0.01, 0.9, 1e-6, 0.1, 0.9)',
      settings: other,
      rate: 0.01,
      w: [
        -0.3372835896, -0.2611044415, -0.3574919045, 0.3466104926, -0.1008601692, -0.7250362473, 1.064854755,
      ],
    },
    {
      call: 'torch.optim.RMSprop([w], 0.01, 0.9, 1e-6, 0.1, 0.9, centered=True)',
      settings: { ...other, centered: true },
      rate: 0.01,
      w: [
        -0.3509852909, -0.2651500951, -0.3614140058, 0.3353748138, -0.09586164152, -0.7186578937, 1.074473978,
      ],
    },
    {
      call: 'torch.optim.RMSprop([w], 0.01, 0.9, 1e-6, 0.1, centered=True)',
      settings: { ...other, momentum: 0, centered: true },
      rate: 0.01,
      w: [
        -0.2682243469, -0.2237765282, -0.3227066319, 0.4122661553, -0.1444727746, -0.7665892302, 0.9897867849,
      ],
    },
  ],
  refused: [{ alpha: 1 }, { epsilon: -1 }, { momentum: NaN }, { centred: true }],
};
