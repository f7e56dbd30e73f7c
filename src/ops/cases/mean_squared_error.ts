import { meanSquaredError } from '../mean_squared_error';
import { numberLoss, numberLossCases } from './support/number_loss';
import { opTable } from './support/op_table';

const reference = numberLoss((x, t) => (x - t) ** 2, {
  x: (x, t) => 2 * (x - t),
  targets: (x, t) => 2 * (t - x),
});

export const tables = [
  opTable(meanSquaredError, {
    reference,
    // Each term is rounded three times, and the sums of a lane some 16 times, all of one sign.
    tolerance: { relative: 6e-7, nmse: 9e-14 },
    random: 'gives a loss, of which a random graph has one',
    layer: 'takes scores and targets, which must be of one graph',
    cases: numberLossCases('mean_squared_error', 'F.mse_loss(x, targets)'),
  }),
];
