// Pictures and folders that tests make.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { onTestFinished } from 'vitest';

export type Colour = readonly [r: number, g: number, b: number, a?: number];

/** A picture of one colour, to be written in any format. */
export const plain = (width: number, height: number, [r, g, b, a = 1]: Colour = [200, 100, 50]): Sharp =>
  sharp({ create: { width, height, channels: a < 1 ? 4 : 3, background: { r, g, b, alpha: a } } });

/** A picture whose four quarters are red, green, blue and white, from left to right and from top to bottom. */
export function quarters(width: number, height: number): Sharp {
  const colours = [
    [220, 30, 30],
    [30, 200, 30],
    [30, 30, 210],
    [240, 240, 240],
  ];
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(colours[(y * 2 >= height ? 2 : 0) + (x * 2 >= width ? 1 : 0)]!, (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A picture that no format can make small. */
export function noise(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  let word = 1;
  for (let index = 0; index < data.length; index++) {
    word = Math.imul(word, 1664525) + 1013904223;
    data[index] = word >>> 24;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** An animation of frames that are grey. */
export function animation(width: number, height: number, greys: readonly number[]): Sharp {
  const frames = greys.map((grey) => Buffer.alloc(width * height * 3, grey));
  const raw = { width, height: height * greys.length, channels: 3, pageHeight: height } as const;
  return sharp(Buffer.concat(frames), { raw });
}

/** A PNG's head that says a size, and its end; of its data there is nothing. */
export function emptyPng(width: number, height: number): Buffer {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk('IDAT', deflateSync(Buffer.alloc(0)));
  return Buffer.concat([start, chunk('IHDR', size), data, chunk('IEND', Buffer.alloc(0))]);
}

let made = 0;

/** Bytes of a small PNG that no other has. */
export const another = (): Promise<Buffer> => {
  made++;
  return plain(9, 9, [made % 256, (made >> 8) % 256, 7]).png().toBuffer(); // prettier-ignore
};

/** A folder with these files, until the test is over; a file given as `true` is a small picture of its own. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string | true>>): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'pictures-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    if (!file.endsWith('/')) writeFileSync(join(root, file), content === true ? await another() : content);
    else mkdirSync(join(root, file), { recursive: true });
  }
  return root;
}
