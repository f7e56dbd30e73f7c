// What is counted of an evaluation, by hand.
import { describe, expect, it } from 'vitest';
import { calibrationOf, confusionOf, perClass } from '../../src/app/metrics';

const JUDGED = {
  classes: ['cat', 'dog', 'owl'],
  labels: [0, 0, 0, 1, 1],
  guesses: [0, 1, 0, 1, 2],
};

describe('an evaluation of five pictures', () => {
  it('is counted by class and guess', () => {
    expect(confusionOf(JUDGED)).toEqual([
      [2, 1, 0],
      [0, 1, 1],
      [0, 0, 0],
    ]);
    expect(perClass(JUDGED)).toEqual([
      { class: 'cat', count: 3, correct: 2, taken: 2 },
      { class: 'dog', count: 2, correct: 1, taken: 2 },
      { class: 'owl', count: 0, correct: 0, taken: 1 },
    ]);
  });

  it('is calibrated where guesses are right as often as they say', () => {
    const { bins, error } = calibrationOf({ ...JUDGED, probabilities: [0.95, 0.55, 1, 0.52, 0.1] });
    expect(bins).toEqual([
      { from: 0.1, to: 0.2, count: 1, said: 0.1, right: 0 },
      { from: 0.5, to: 0.6, count: 2, said: 0.535, right: 0.5 },
      { from: 0.9, to: 1, count: 2, said: 0.975, right: 1 },
    ]);
    expect(error).toBeCloseTo((0.1 + 2 * 0.035 + 2 * 0.025) / 5, 12);
    expect(calibrationOf({ labels: [], guesses: [], probabilities: [] })).toEqual({ bins: [], error: 0 });
  });
});
