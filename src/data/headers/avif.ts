/**
 * AVIF: boxes of a length, a name and data, some of which hold boxes. Those of properties tell sizes: of the picture, and of
 * its tiles, alpha and thumbnail, which are no larger. https://aomediacodec.github.io/av1-avif/
 */
import { ascii, Short, whole, Wrong, type Found } from './bytes';

/** Boxes that hold others, after so many bytes of their own. */
const HOLDERS: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };

/** @throws {Short | Wrong} */
export function readAvif(bytes: Uint8Array, size: number): Found {
  const found = { width: 0, height: 0, bits: 8, colours: 0, alpha: 0 };
  const end = readBoxes(bytes, 0, size, found);
  const { width, height, bits, colours, alpha } = found;
  if (width === 0 && end > size) throw new Short();
  if (width === 0) throw new Wrong('an AVIF that does not say its size');
  const channels = (colours || 3) + alpha;
  return {
    header: { format: 'AVIF', width, height, orientation: 1, bits, channels },
    isEnd: () => end <= size,
  };
}

/** @returns where the last box ends, which a file that is cut off does not reach */
function readBoxes(
  bytes: Uint8Array,
  from: number,
  to: number,
  found: Record<'width' | 'height' | 'bits' | 'colours' | 'alpha', number>,
): number {
  let at = from;
  while (at < to) {
    // Of a file's beginning, what follows need not be there.
    if (found.width > 0 && at + 16 > bytes.length && bytes.length < to) break;
    let length = whole(bytes, at, 4);
    let data = at + 8;
    const name = ascii(bytes, at + 4, data);
    if (length === 1) {
      length = whole(bytes, data, 8);
      data += 8;
    }
    if (length === 0) return to;
    if (length < data - at)
      throw new Wrong(`an AVIF whose box ${JSON.stringify(name)} has no room for its name`);
    const skipped = HOLDERS[name];
    if (skipped !== undefined) {
      if (at + length > bytes.length) throw new Short();
      readBoxes(bytes, data + skipped, at + length, found);
    }
    if (name === 'ispe') {
      const [width, height] = [whole(bytes, data + 4, 4), whole(bytes, data + 8, 4)];
      if (width * height > found.width * found.height) Object.assign(found, { width, height });
    }
    if (name === 'pixi') {
      // Alpha, too, has such a box, with one channel.
      const colours = whole(bytes, data + 4, 1);
      if (colours > found.colours) Object.assign(found, { colours, bits: whole(bytes, data + 5, 1) });
    }
    if (name === 'auxC') found.alpha = 1;
    at += length;
  }
  return at;
}
