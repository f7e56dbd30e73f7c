// How far the sum of a weight gradient is split; no GPU needed.
import { expect, test } from 'vitest';
import type { Target, Value } from '../../src/core/op';
import { slidingWindow } from '../../src/core/shape';
import { BACKWARD_WEIGHT } from '../../src/ops/conv/launch';
import type { BackwardWeightProblem, Viewed } from '../../src/ops/conv/problem';
import { TARGETS } from '../../src/core/targets';

/** conv1 of Table 1: 7x7 of stride 2, 3 channels to 64. */
function conv1(batch: number): BackwardWeightProblem {
  const placed = (id: number, stride: number): Viewed => {
    const value: Value = { id, label: '', role: 'computed', shape: [1], dtype: 'f32' };
    return { value, view: { offset: 0, stride, zeroPadded: true } };
  };
  return {
    form: 'backward_weight',
    geometry: {
      batch,
      x: { height: 224, width: 224, channels: 3 },
      y: { height: 112, width: 112, channels: 64 },
      window: slidingWindow('conv1', 7, 2, 3),
      tapRows: 4,
    },
    x: placed(1, 4),
    dy: placed(2, 64),
    dw: placed(3, 64),
    db: placed(4, 64),
  };
}

const PIXELS = 112 * 112;

test.each(Object.entries<Target>(TARGETS))('%s: no sum is longer than rounding allows', (_name, target) => {
  for (const batch of [1, 32]) {
    const problem = conv1(batch);
    for (const kernel of BACKWARD_WEIGHT.filter((each) => each.supports(problem, target))) {
      const parts = kernel.splits(problem, target);
      // Parts are whole lines.
      expect((batch * PIXELS) / parts, `${kernel.name}, batch ${batch}`).toBeLessThanOrEqual(2048 + 112);
    }
  }
});
