import { requireArray, requireObject } from '../core/check';
import { hashName, philox } from '../core/random';
import * as is from '../core/rules';
import { grouped } from './grouped';
import { byCodePoint, composed } from './names';

/** Pictures in two parts. */
export interface Split {
  /** Indices of the pictures, ascending. */
  readonly train: readonly number[];
  readonly heldOut: readonly number[];
}

/**
 * Divides pictures into those to train with and those held out, class by class. A number that is drawn from the seed and the
 * picture's file alone decides: where it is below `heldOut`, the picture is held out. So the same files are divided alike in
 * every folder, on every disk and in any order, and a picture that comes or goes moves no other; in return the share is met
 * on average, not exactly. One exception: of a class with two pictures or more, at least one is held out and at least one is
 * not, those whose numbers are nearest. A class's only picture stays in training.
 *
 * @param heldOut share from 0, for none, to below 1
 * @param seed whole number below 2^32
 * @throws {ValueError} for pictures, a share or a seed that make no sense
 */
export function splitPictures(
  pictures: readonly { readonly file: string; readonly class: number }[],
  heldOut: number,
  seed: number,
): Split {
  requireArray('splitPictures', 'pictures', pictures).forEach((each, index) =>
    requireObject('splitPictures', `picture ${index}`, each, ['file', 'class']),
  );
  is.number({ least: 0, below: 1 })('splitPictures', 'heldOut', heldOut);
  is.seed('splitPictures', 'seed', seed);
  const draws = pictures.map(({ file }) => draw(composed(file), seed));
  const isHeldOut = draws.map((drawn) => drawn < heldOut);
  const classes = grouped([...pictures.keys()], (index) => pictures[index]!.class);
  for (const members of heldOut > 0 ? classes.values() : []) {
    if (members.length === 1) isHeldOut[members[0]!] = false;
    if (members.length < 2) continue;
    members.sort((a, b) => draws[a]! - draws[b]! || byCodePoint(pictures[a]!.file, pictures[b]!.file));
    isHeldOut[members[0]!] = true;
    isHeldOut[members.at(-1)!] = false;
  }
  const indices = [...pictures.keys()];
  return {
    train: indices.filter((index) => !isHeldOut[index]),
    heldOut: indices.filter((index) => isHeldOut[index]),
  };
}

/** From 0 to below 1. */
const draw = (file: string, seed: number): number =>
  philox([hashName(file), file.length, 0, 0], [seed, hashName('held out')])[0] / 2 ** 32;
