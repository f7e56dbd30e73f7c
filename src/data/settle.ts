// From pictures that were looked at to a set: which classes stay, and who is held out.
import { FormatError } from '../core/errors';
import { grouped } from './grouped';
import { notesOnSkipped } from './notes';
import type { Picture, PictureSet, SkippedFile } from './picture';
import { splitPictures, type Split } from './split';

export interface JudgedPicture extends Omit<Picture, 'class'> {
  readonly class: string;
  /** Where the layout says it; else the split does. */
  readonly part?: 'train' | 'heldOut' | undefined;
}

export interface Found {
  /** As the caller gave it, for errors. */
  readonly path: string;
  readonly root: string;
  readonly pictures: readonly JudgedPicture[];
  readonly classes: readonly string[];
  readonly skipped: readonly SkippedFile[];
}

const MORE_CLASSES = 'a network tells classes apart: add a folder with pictures of another one';

/** @throws {FormatError} for less than two classes with pictures, or one that has pictures only in the part held out */
export function settle(found: Found, heldOut: number, seed: number): PictureSet {
  const { path, root, skipped } = found;
  const notes = notesOnSkipped(skipped);
  const members = grouped(found.pictures, (picture) => picture.class);
  const classes = found.classes.filter((name) => members.has(name));
  const empty = found.classes.filter((name) => !members.has(name));
  if (classes.length === 0) {
    const advice = 'give JPEG, PNG, WebP, GIF or AVIF files';
    throw new FormatError(path, 'has no pictures to learn from', notes.join('; ') || 'none at all', advice);
  }
  if (classes.length === 1) {
    const got = `${classes[0]}${empty.length > 0 ? `, and no pictures of ${empty.join(', ')}` : ''}`;
    throw new FormatError(path, 'has pictures of one class only', got, MORE_CLASSES);
  }
  const numbers = new Map(classes.map((name, index) => [name, index]));
  const pictures = found.pictures.map(({ part: _part, ...picture }) => ({
    ...picture,
    class: numbers.get(picture.class)!,
  }));
  const split = partsOf(found.pictures) ?? splitPictures(pictures, heldOut, seed);
  notes.push(
    ...empty.map((name) => `class ${name} has no pictures and was left out`),
    ...checkParts(path, classes, pictures, split, heldOut > 0),
  );
  return { root, classes, pictures, ...split, skipped, notes };
}

/** Undefined where the layout has no parts. */
function partsOf(pictures: readonly JudgedPicture[]): Split | undefined {
  if (pictures.every(({ part }) => part === undefined)) return undefined;
  const of = (part: string): number[] =>
    [...pictures.keys()].filter((index) => pictures[index]!.part === part);
  return { train: of('train'), heldOut: of('heldOut') };
}

/** Sentences about classes that have few pictures. */
function checkParts(
  path: string,
  classes: readonly string[],
  pictures: readonly Picture[],
  { train, heldOut }: Split,
  wanted: boolean,
): string[] {
  const [learnt, kept] = [train, heldOut].map((part) => grouped(part, (index) => pictures[index]!.class));
  const unknown = classes.filter((_, index) => !learnt!.has(index));
  if (unknown.length > 0) {
    const problem = 'must have pictures of each class to train with';
    throw new FormatError(path, problem, `none of ${unknown.join(', ')}`, 'add some, or take the class away');
  }
  return classes.flatMap((name, index) => {
    if (kept!.has(index) || !wanted) return [];
    const only =
      learnt!.get(index)!.length === 1 ? 'one picture, which stays in training' : 'no picture held out';
    return [`class ${name} has ${only}: nothing tells how well it is known`];
  });
}
