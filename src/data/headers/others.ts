// Formats whose headers lie at fixed places: PNG, WebP, GIF.
import type { PictureHeader } from '../picture';
import { ascii, whole, Wrong, type Found } from './bytes';

/** Channels by PNG's type of colour; a palette has colours. */
const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };
/** An empty chunk: its name and checksum. */
const PNG_END = 'IEND\xae\x42\x60\x82';

/** https://www.w3.org/TR/png-3/. @throws {Short | Wrong} */
export function readPng(bytes: Uint8Array): Found {
  if (ascii(bytes, 12, 16) !== 'IHDR') throw new Wrong('a PNG that does not begin with its header');
  const [bits, colours] = [whole(bytes, 24, 1), whole(bytes, 25, 1)];
  const channels = PNG_CHANNELS[colours];
  if (channels === undefined) throw new Wrong(`a PNG of colour type ${colours}, which there is not`);
  const size = { width: whole(bytes, 16, 4), height: whole(bytes, 20, 4) };
  return {
    header: { format: 'PNG', ...size, orientation: 1, bits, channels },
    isEnd: (tail) => contains(tail, PNG_END),
  };
}

/** Mostly the file ends with it, which is looked at first. */
function contains(bytes: Uint8Array, text: string): boolean {
  for (let at = bytes.length - text.length; at >= 0; at--) {
    if (bytes[at] === text.charCodeAt(0) && ascii(bytes, at, at + text.length) === text) return true;
  }
  return false;
}

/** https://developers.google.com/speed/webp/docs/riff_container. @throws {Short | Wrong} */
export function readWebp(bytes: Uint8Array, size: number): Found {
  // Chunks are padded to an even length, which some writers do not count.
  const end = whole(bytes, 4, 4, 'little') + 8;
  return { header: webpHeader(bytes), isEnd: () => size + 1 >= end };
}

function webpHeader(bytes: Uint8Array): PictureHeader {
  const common = { format: 'WebP', orientation: 1, bits: 8 } as const;
  const kind = ascii(bytes, 12, 16);
  if (kind === 'VP8X') {
    const side = (at: number): number => whole(bytes, at, 3, 'little') + 1;
    const channels = (whole(bytes, 20, 1) & 0x10) === 0 ? 3 : 4;
    return { ...common, width: side(24), height: side(27), channels };
  }
  if (kind === 'VP8 ') {
    const side = (at: number): number => whole(bytes, at, 2, 'little') & 0x3fff;
    return { ...common, width: side(26), height: side(28), channels: 3 };
  }
  if (kind !== 'VP8L') throw new Wrong('a WebP whose first chunk is no picture');
  // 14 bits of width - 1, 14 of height - 1, one for alpha.
  const words = whole(bytes, 21, 4, 'little');
  const size = { width: (words & 0x3fff) + 1, height: ((words >>> 14) & 0x3fff) + 1 };
  return { ...common, ...size, channels: (words & 0x10000000) === 0 ? 3 : 4 };
}

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt. A missing end is left to decoders: they need none. @throws {Short} */
export function readGif(bytes: Uint8Array): Found {
  const size = { width: whole(bytes, 6, 2, 'little'), height: whole(bytes, 8, 2, 'little') };
  return { header: { format: 'GIF', ...size, orientation: 1, bits: 8, channels: 3 }, isEnd: () => true };
}
