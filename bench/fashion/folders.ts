// Fashion-MNIST as people have pictures: files in folders.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadSharp } from '../../src/data/node/sharp';
import { readIdx, type Idx } from '../../src/io/idx';

export const CLASSES = [
  't-shirt',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'boot',
];

/** Names of the parts in the files' names, and of their folders. */
const PARTS = { train: 'train', val: 't10k' } as const;

export type Counts = Readonly<Record<keyof typeof PARTS, number>>;

/**
 * Writes the first pictures of each class as PNG files: `train/<class>/<number>.png` and `val/<class>/<number>.png`.
 * @param source folder with the four `.gz` files
 * @param counts pictures of each class
 */
export async function writeFolders(source: string, target: string, counts: Counts): Promise<void> {
  const sharp = await loadSharp();
  for (const [part, name] of Object.entries(PARTS) as [keyof Counts, string][]) {
    const images = read(source, `${name}-images-idx3-ubyte.gz`);
    const labels = read(source, `${name}-labels-idx1-ubyte.gz`).data;
    const [, height = 0, width = 0] = images.shape;
    const area = height * width;
    const written = CLASSES.map(() => 0);
    for (const folder of CLASSES) mkdirSync(join(target, part, folder), { recursive: true });
    for (const [index, label] of labels.entries()) {
      const number = written[label] ?? 0;
      if (number >= counts[part]) continue;
      written[label] = number + 1;
      const pixels = images.data.subarray(index * area, (index + 1) * area);
      const file = join(target, part, CLASSES[label] ?? '', `${number}.png`);
      await sharp(pixels, { raw: { width, height, channels: 1 } })
        .png()
        .toFile(file);
    }
  }
}

const read = (folder: string, name: string): Idx =>
  readIdx(gunzipSync(readFileSync(join(folder, name))), name);
