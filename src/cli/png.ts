import { crc32, deflateSync } from 'node:zlib';
import { fromBase64 } from '../app/base64';
import type { Painted } from '../app/events';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** A picture as a PNG file: 8 bits, RGBA, no filters (ISO/IEC 15948, sections 5 and 11). */
export function pngOf({ width, height, pixels }: Painted): Buffer {
  const data = fromBase64(pixels);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  // Before each row its filter: none.
  const lines = Buffer.alloc(height * (4 * width + 1));
  for (let row = 0; row < height; row++)
    lines.set(data.subarray(4 * width * row, 4 * width * (row + 1)), row * (4 * width + 1) + 1);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
