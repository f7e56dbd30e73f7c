// Pictures of somebody's own, as a run of the command line learns from them.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { NumberedPictures } from '../app/picture_data';
import { greyFile } from '../data/grey_file';
import { findPictures } from '../data/node/find';
import type { Picture, PictureSet } from '../data/picture';
import { onInterrupt } from './interrupt';
import { startProgress, type Progress } from './progress';

const STOPPED = 130;

/** Where pictures lie, and how they are divided: what a run needs to find them again. */
export interface PicturesPlace {
  readonly path: string;
  /** Share of each class that is held out, where the folder has no parts. */
  readonly heldOut: number;
  readonly seed: number;
  /** Of the names, classes and sizes of all files. */
  readonly digest: string;
}

export interface OwnPictures {
  readonly place: PicturesPlace;
  readonly set: PictureSet;
  /** For whoever computes. */
  readonly numbered: NumberedPictures;
  /** The file of a picture, or a grey file that is made of its part of an IDX file. */
  bytes(index: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Looks at all pictures, which takes a while; tells how far it is on a stream. Ctrl-C ends the process.
 * @throws {EngineError} if the path leads to nothing that can be learnt
 */
export async function openPictures(
  { path, heldOut, seed }: Omit<PicturesPlace, 'digest'>,
  stream: NodeJS.WriteStream | undefined,
): Promise<OwnPictures> {
  const absolute = resolve(path);
  let progress: Progress | undefined;
  // Nothing is under way that would have to be ended, but for a bar, which hides the cursor.
  const leave = (): void => {
    progress?.end();
    process.exit(STOPPED);
  };
  const forget = onInterrupt(leave, leave);
  const set = await findPictures(absolute, {
    ...{ heldOut, seed },
    onProgress(done, count) {
      if (!stream) return;
      progress ??= startProgress('looking at pictures', count, stream);
      progress.update({ done, count, details: '' });
    },
  }).finally(() => {
    progress?.end();
    forget();
  });
  const { classes, pictures, train, heldOut: held } = set;
  return {
    place: { path: absolute, heldOut, seed, digest: digestOf(set) },
    set,
    numbered: { classes, labels: pictures.map((picture) => picture.class), train, heldOut: held },
    bytes: (index) => bytesOf(set, pictures[index]),
  };
}

async function bytesOf({ root }: PictureSet, picture: Picture | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (!picture) throw new RangeError('there is no such picture');
  const { file, pixels, header } = picture;
  return pixels ? greyFile(header, pixels) : readFile(resolve(root, file));
}

function digestOf({ classes, pictures }: PictureSet): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const { file, class: of, bytes } of pictures) hash.update(`\n${file}\t${of}\t${bytes}`);
  return hash.digest('hex').slice(0, 32);
}

/** What was found, a sentence each. */
export function describePictures({ set }: OwnPictures): string[] {
  const { classes, pictures, train, heldOut, notes } = set;
  const counts = classes.map((_, at) => pictures.filter((picture) => picture.class === at).length);
  const LISTED = 12;
  const listed = classes.slice(0, LISTED).map((name, at) => `${name} ${counts[at]}`);
  const more = classes.length > LISTED ? ` and ${classes.length - LISTED} more` : '';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return [
    `${pictures.length.toLocaleString('en')} pictures of ${classes.length} classes, ${train.length} to learn from and ` +
      `${heldOut.length} held out: ${listed.join(', ')}${more}`,
    ...(most > 5 * least ? [`the classes are uneven: from ${least} to ${most} pictures`] : []),
    ...notes,
  ];
}
