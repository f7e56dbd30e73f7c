import { requireArray, requireWhole } from '../core/check';
import { ShapeError } from '../core/errors';
import { checkOptions, group, type Rules } from '../core/options';
import { hashName, philox } from '../core/random';
import * as is from '../core/rules';
import type { AugmentOptions } from './augment';
import type { CropNumbers } from './crop_numbers';
import { cropTable } from './crop_table';

/** How images of a batch are mixed. */
export interface MixUpOptions {
  /** Shares are drawn from Beta(alpha, alpha): near 0 or 1 where it is small, even where it is 1. Above 0, to 1. */
  readonly alpha: number;
  /** Another seed draws other shares. 0 to 2^32 - 1. */
  readonly seed: number;
  /** Epoch and index of each picture, as `augment` takes them. */
  readonly turns: readonly Pick<AugmentOptions, 'epoch' | 'index'>[];
}

type Turn = MixUpOptions['turns'][number];

const TURN: Rules<Turn> = { epoch: is.needed(is.seed), index: is.needed(is.seed) };
const OPTIONS: Rules<MixUpOptions> = {
  alpha: is.needed(is.number({ above: 0, most: 1 })),
  seed: is.needed(is.seed),
  turns: is.needed(is.list(group(TURN))),
};

const STREAM = hashName('mixUp');

/**
 * Mixes each image of a batch with one of the same batch (MixUp, Zhang et al. 2018): the first with the last, the second with
 * the last but one. The share of its own depends on seed, epoch and index alone.
 *
 *     const mixed = mixUp(crops, { alpha: 0.2, seed, turns });
 *     await trainer.step(cropper.images(pictures, mixed), mixedTargets(labels, mixed, classes)); // loss: softTargets()
 *
 * Words of Philox: key (seed, hash of `mixUp`), counter (index, epoch, try, 0). With u and v of them, the share is
 * x / (x + y) for x = u^(1 / alpha) and y = v^(1 / alpha), unless x + y is above 1: then it is tried again (Joehnk 1964).
 * @param crops of the whole batch, with no mix of their own
 * @throws {ShapeError} unless there is a turn for each; {ValueError} for options that make no sense
 */
export function mixUp(crops: readonly CropNumbers[], options: MixUpOptions): CropNumbers[] {
  requireArray('mixUp', 'crops', crops);
  checkOptions('mixUp', options, OPTIONS);
  const { alpha, seed, turns } = options;
  if (turns.length !== crops.length)
    throw new ShapeError(
      'mixUp',
      'needs a turn for each crop',
      `${crops.length} crops, ${turns.length} turns`,
    );
  return crops.map((crop, row) => ({
    ...crop,
    mix: { partner: crops.length - 1 - row, share: shareOf(alpha, seed, turns[row]!) },
  }));
}

function shareOf(alpha: number, seed: number, { epoch, index }: Turn): number {
  for (let attempt = 0; ; attempt++) {
    const words = philox([index, epoch, attempt, 0], [seed, STREAM]);
    // Not 0, and as logarithms: powers of small numbers would be 0.
    const [x, y] = [0, 1].map((each) => Math.log((words[each]! + 0.5) / 2 ** 32) / alpha) as [number, number];
    if (Math.exp(x) + Math.exp(y) <= 1) return 1 / (1 + Math.exp(y - x));
  }
}

/**
 * What mixed images are, for the loss `softTargets`: the share of its own class, and the rest of the partner's.
 * @param labels class of each picture, 0 to `classes` - 1
 * @param crops what `mixUp` gave for them
 * @param classes how many there are
 * @returns (N, classes), row by row
 * @throws {ShapeError} unless there is a label for each crop; {ValueError} for a label beyond the classes, or crops that make no sense
 */
export function mixedTargets(
  labels: readonly number[],
  crops: readonly CropNumbers[],
  classes: number,
): Float32Array<ArrayBuffer> {
  const where = 'mixedTargets';
  requireArray(where, 'labels', labels);
  cropTable(crops); // checks them
  requireWhole(where, 'classes', classes, 1);
  if (labels.length !== crops.length)
    throw new ShapeError(
      where,
      'needs a label for each crop',
      `${crops.length} crops, ${labels.length} labels`,
    );
  labels.forEach((label, row) => requireWhole(where, `label ${row}`, label, 0, classes - 1));
  const targets = new Float32Array(labels.length * classes);
  crops.forEach(({ mix = { partner: 0, share: 1 } }, row) => {
    targets[row * classes + labels[row]!]! += mix.share;
    targets[row * classes + labels[mix.partner]!]! += 1 - mix.share;
  });
  return targets;
}
