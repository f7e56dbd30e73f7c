// MNIST, Fashion-MNIST and their like: all pictures in one file, all labels in another.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EngineError, FormatError } from '../../core/errors';
import { readIdx } from '../../io/idx';
import type { JudgedPicture } from '../settle';
import { reasonOf } from './disk';

const NAME = /^(train|t10k)-(images|labels)[-.]idx[13][-.]ubyte(?:\.gz)?$/;

/** Pictures and classes of a folder with such files; undefined where there are none. */
export interface IdxPictures {
  readonly pictures: readonly JudgedPicture[];
  /** Numbers from 0 to the largest label. */
  readonly classes: readonly string[];
}

/**
 * @param names of the files in `root`
 * @throws {FormatError} if a file is missing or broken, or two do not belong together; {EngineError} if one cannot be read
 */
export async function readIdxFolder(
  root: string,
  names: readonly string[],
): Promise<IdxPictures | undefined> {
  const fileOf = (part: string, what: string): string | undefined =>
    names.find((name) => NAME.exec(name)?.slice(1).join() === `${part},${what}`);
  if (fileOf('train', 'images') === undefined) return undefined;
  const pictures: JudgedPicture[] = [];
  for (const [name, part] of [['train', 'train'] as const, ['t10k', 'heldOut'] as const]) {
    const [images, labels] = [fileOf(name, 'images'), fileOf(name, 'labels')];
    // A set without the part that is held out is divided by the seed.
    if (part === 'heldOut' && images === undefined && labels === undefined) {
      return numbered(pictures.map((each) => ({ ...each, part: undefined })));
    }
    if (images === undefined || labels === undefined) {
      const missing = `${name}-${images === undefined ? 'images-idx3' : 'labels-idx1'}-ubyte`;
      throw new FormatError(root, `lacks ${missing}`, names.join(', '), 'put it beside the others');
    }
    for (const each of await readPart(root, images, labels, name)) pictures.push({ ...each, part });
  }
  return numbered(pictures);
}

function numbered(pictures: readonly JudgedPicture[]): IdxPictures {
  const largest = pictures.reduce((most, each) => Math.max(most, Number(each.class)), 0);
  return { pictures, classes: Array.from({ length: largest + 1 }, (_, label) => `${label}`) };
}

async function readPart(
  root: string,
  images: string,
  labels: string,
  name: string,
): Promise<JudgedPicture[]> {
  const { shape, data } = readIdx(await unpacked(root, images), images);
  const [count = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || data.length === 0) {
    throw new FormatError(images, 'must be (pictures, height, width)', shape.join(' x '), 'fetch it again');
  }
  const given = readIdx(await unpacked(root, labels), labels);
  if (given.shape.length !== 1 || given.data.length !== count) {
    const problem = `must be one number for each of ${count} pictures`;
    const advice = 'the two files do not belong together: fetch them again';
    throw new FormatError(labels, problem, given.shape.join(' x '), advice);
  }
  const bytes = height * width;
  const header = { format: 'IDX', width, height, orientation: 1, bits: 8, channels: 1 } as const;
  return Array.from({ length: count }, (_, index) => ({
    // Whatever the file's ending, so that the split is the same.
    file: `${name}-images-idx3-ubyte#${index}`,
    class: `${given.data[index]}`,
    bytes,
    header,
    pixels: data.subarray(index * bytes, (index + 1) * bytes),
  }));
}

async function unpacked(root: string, name: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(resolve(root, name));
    return new Uint8Array(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
  } catch (cause) {
    throw new EngineError(name, 'cannot be read', reasonOf(cause), 'fetch it again', { cause });
  }
}
