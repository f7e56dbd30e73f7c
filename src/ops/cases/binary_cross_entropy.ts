import { binaryCrossEntropy } from '../binary_cross_entropy';
import { numberLoss, numberLossCases } from './support/number_loss';
import { opTable } from './support/op_table';

const reference = numberLoss((x, t) => (1 - t) * x + Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x))), {
  x: (x, t) => 1 / (1 + Math.exp(-x)) - t,
  targets: (x) => -x,
});

export const tables = [
  opTable(binaryCrossEntropy, {
    reference,
    // log errs by 5e-7 near 1, of terms of some 1; exp(-|x|) by 3 + 2|x| ulp of 6e-8, which the sum with 1 makes smaller.
    tolerance: { relative: 2e-6, nmse: 1e-12 },
    random: 'gives a loss, of which a random graph has one',
    layer: 'takes scores and targets, which must be of one graph',
    cases: numberLossCases('binary_cross_entropy', 'F.binary_cross_entropy_with_logits(x, targets)'),
  }),
];
