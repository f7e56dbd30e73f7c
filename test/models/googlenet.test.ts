import { describe, expect, test } from 'vitest';
import { familyOf } from '../../src/core/choices';
import { BACKWARD_INPUT, BACKWARD_WEIGHT, FORWARD } from '../../src/ops/conv/launch';
import { call } from '../support/call';
import training from '../fixtures/training.json';
import type { compareNetwork, trainWithAdam } from '../support/jobs/network';

interface Tolerance {
  readonly floor: number;
  readonly times: number;
}

/** Gradients: `floor` of the tensor's scale, or `times` what float32 costs PyTorch itself, where that is more. */
const bound = ({ floor, times }: Tolerance, float32: number): number => Math.max(floor, times * float32);

/** Images chosen to leave no ReLU and no maximum in doubt: PyTorch's float32, in one run, is within 4e-6. */
const CERTAIN: Tolerance = { floor: 1e-5, times: 5 };

/**
 * At 224, 79 ReLUs and pooling windows lie within 6 standard deviations of float32's error of a tie. Those that flip
 * move whole tensors by up to 2.5e-2, and which of them flip depends on the order of every sum. One run of PyTorch says
 * little about another that differs in that order alone: in 61 % of pairs, some tensor's error in the one is above 1e-4
 * and above five times its error in the other. So the fixture holds the largest error of 48 such runs, measure by
 * measure. Three times that, taken from 47 of them, refuses the last in one case of 48; and for most measures it is less
 * than five times a single run's error.
 */
const UNDECIDED: Tolerance = { floor: 1e-4, times: 3 };

// Largest error of a score over the largest score; PyTorch's own float32 is off by up to 1.3e-6.
const SCORES = 5e-6;

interface Steps {
  /** Rows: aux1, aux2, main, total, before each step's update. */
  readonly losses: readonly (readonly number[])[];
  /** Largest relative difference of 16 float32 runs of PyTorch that round differently, step by step. */
  readonly float32: readonly number[];
}

/**
 * Steps whose losses leave the bound: three times PyTorch's own float32 drift so far, 1e-5 at least. Once the weights
 * have moved, some ReLU or maximum comes within rounding of a tie, whatever the images, and runs that flip it part from
 * those that do not: at width 1 and 80 x 80, PyTorch's drift in step 9 is 3e-7 in one order of summation, 1e-2 in
 * another. The steps before that are the sharp ones.
 */
function strayed(got: readonly (readonly number[])[], { losses, float32 }: Steps): string[] {
  let drift = 0;
  return losses.flatMap((row, step) => {
    drift = Math.max(drift, float32[step] ?? 0);
    const most = Math.max(1e-5, 3 * drift);
    const apart = Math.max(...row.map((loss, head) => Math.abs((got[step]?.[head] ?? NaN) / loss - 1)));
    return apart <= most ? [] : [`step ${step}: ${apart.toExponential(2)}, bound ${most.toExponential(2)}`];
  });
}

interface Run {
  readonly name: 'googlenet_small' | 'googlenet_80' | 'googlenet';
  readonly form: string;
  readonly tolerance: Tolerance;
  /** A family of kernels to take wherever it can. */
  readonly kernels?: string;
}

const runs: readonly Run[] = [
  { name: 'googlenet_small', form: 'width 1/8, 80 x 80, batch 4', tolerance: CERTAIN },
  { name: 'googlenet_80', form: 'every channel, 80 x 80, batch 2', tolerance: CERTAIN },
  { name: 'googlenet', form: 'Table 1, 224 x 224, 1000 classes, batch 2', tolerance: UNDECIDED },
];

const FAMILIES = [
  ...new Set([...FORWARD, ...BACKWARD_INPUT, ...BACKWARD_WEIGHT].map(({ name }) => familyOf(name))),
];

/** `npm run test:kernels`: the small network by each family of kernels, wherever the family can. */
const forced = FAMILIES.map((kernels): Run => {
  return { name: 'googlenet_small', form: `by ${kernels} kernels`, tolerance: CERTAIN, kernels };
});

const chosen = process.env['KERNELS'] === 'all' ? forced : runs;

describe.each(chosen)('$name ($form) against PyTorch in float64', ({ name, tolerance, kernels }) => {
  test(
    'scores, losses, every gradient, and ten steps of SGD with momentum',
    { timeout: 600_000 },
    async () => {
      const report = await call<typeof compareNetwork>('compareNetwork', {
        name,
        ...(kernels !== undefined && { kernels }),
      });

      expect(Object.keys(report.gradients)).toHaveLength(128);
      for (const [head, relative] of Object.entries({ ...report.scores, ...prefixed(report.evaluated) })) {
        expect(relative, `scores of ${head}`).toBeLessThan(SCORES);
      }
      // Two images must be told apart by far more than that, or the comparison would prove little.
      expect(report.imagesApart).toBeGreaterThan(100 * SCORES);
      for (const [head, { got, expected }] of Object.entries(report.losses)) {
        expect(Math.abs(got / expected - 1), `loss of ${head}`).toBeLessThan(1e-6);
      }
      const failed: string[] = [];
      let worst = { share: 0, text: 'none' };
      for (const [parameter, found] of Object.entries(report.gradients)) {
        for (const measure of ['entries', 'norm', 'dots'] as const) {
          const most = bound(tolerance, found.float32[measure]);
          const share = found[measure] / most;
          const text = `${parameter}, ${measure}: ${found[measure].toExponential(2)}, bound ${most.toExponential(2)}`;
          if (share > worst.share) worst = { share, text };
          if (!(share <= 1)) failed.push(text);
        }
      }
      expect(failed).toEqual([]);

      const { sgd, wrong } = training[name];
      expect(strayed(report.trained, sgd)).toEqual([]);
      // The comparison tells momentum and the auxiliary weight from wrong ones.
      for (const variant of Object.values(wrong)) {
        expect(strayed(report.trained, { ...sgd, losses: variant.losses })).not.toEqual([]);
      }
      const totals = report.trained.map((row) => row.at(-1) ?? NaN);
      expect(totals.at(-1)).toBeLessThan(0.8 * (totals[0] ?? 0));
      console.log(
        `${name}: worst gradient ${worst.text}; ${report.pipelines} pipelines in this engine, ` +
          `${report.dispatches} dispatches, ${(report.bytes / 2 ** 20).toFixed(1)} MiB of activations; totals of ten steps ${totals.map((total) => total.toFixed(3)).join(' ')}`,
      );
    },
  );
});

test('ten steps of Adam on the small network', async () => {
  const rows = await call<typeof trainWithAdam>('trainWithAdam', {});
  expect(strayed(rows, training.googlenet_small.adam)).toEqual([]);
});

const prefixed = (scores: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(scores).map(([head, value]) => [`${head}, inference`, value]));
