import { sizeOf } from '../../../../src/core/shape';
import { readDigits } from '../../../../src/io/digits';
import { readIdx } from '../../../../src/io/idx';
import type { Chance } from '../chance';
import { must } from '../must';
import { mutateBytes } from '../mutate_bytes';
import type { Fuzzed } from '../run_cases';

/** An IDX file of bytes. */
function idxFile(shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, axis) => view.setUint32(4 + 4 * axis, size));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const count = (length: number): number[] => Array.from({ length }, (_, index) => index % 10);
const IDX = [
  idxFile([4, 3, 2], count(24)),
  idxFile([7], count(7)),
  idxFile([2, 0], []),
  idxFile([1, 1, 1, 1, 1], [5]),
];
/** Sizes that a header of another length or a bit flip could claim. */
const CLAIMS = [0, 1, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

function claim(file: Uint8Array, chance: Chance): Uint8Array {
  const copy = file.slice();
  const rank = copy[3] ?? 1;
  for (let axis = 0; axis < rank; axis++) {
    if (chance.below(2)) new DataView(copy.buffer).setUint32(4 + 4 * axis, chance.pick(CLAIMS));
  }
  return copy;
}

const mutateIdx = (file: Uint8Array, chance: Chance): Uint8Array =>
  chance.below(3) ? mutateBytes(file, chance) : claim(file, chance);

export const idx: Fuzzed<Uint8Array> = {
  name: 'idx',
  input: (chance) => mutateIdx(chance.pick(IDX), chance),
  read(bytes) {
    const { shape, data } = readIdx(bytes, 'x.idx');
    must(shape.length === bytes[3] && data.length === sizeOf(shape), 'shape and data disagree');
    must(4 + 4 * shape.length + data.length === bytes.length, 'it is not the whole file');
  },
  size: (bytes) => bytes.length,
};

const DIGITS = [idxFile([4, 3, 2], count(24)), idxFile([4], count(4))] as const;

export const digits: Fuzzed<readonly [Uint8Array, Uint8Array]> = {
  name: 'digits',
  input(chance) {
    const [images, labels] = DIGITS;
    const which = chance.below(3);
    return [which < 2 ? mutateIdx(images, chance) : images, which > 0 ? mutateIdx(labels, chance) : labels];
  },
  read([images, labels]) {
    const { images: read, labels: classes } = readDigits(images, labels, 'digits');
    const { count, height, width, channels, data } = read;
    must(count * height * width * channels === data.length && data.length > 0, 'images are missing');
    must(classes.length === count && classes.every((label) => label < 10), 'labels do not fit');
  },
  size: ([images, labels]) => images.length + labels.length,
};
