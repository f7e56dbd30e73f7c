import { expect, it } from 'vitest';
import { AUX_WEIGHT } from '../../src/models/googlenet';
import training from '../fixtures/training.json';

it('weighs the auxiliary losses as the paper and the losses from PyTorch do', () => {
  for (const { sgd } of Object.values(training)) {
    for (const [aux1 = NaN, aux2 = NaN, main = NaN, total = NaN] of sgd.losses) {
      expect(main + AUX_WEIGHT * (aux1 + aux2)).toBeCloseTo(total, 6);
    }
  }
});
