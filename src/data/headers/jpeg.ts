/** JPEG: segments of a marker, a length and data, up to the start of scan, after which compressed bytes follow. ITU-T T.81. */
import { ascii, Short, whole, Wrong, type Found } from './bytes';

const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
const END_OF_IMAGE = 0xd9;

/** Tables, not frames, have these numbers among those of frames: DHT, JPG, DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** @throws {Short | Wrong} */
export function readJpeg(bytes: Uint8Array, size: number): Found {
  let frame: { bits: number; height: number; width: number; channels: number } | undefined;
  let orientation = 1;
  for (let at = 2; ;) {
    if (whole(bytes, at, 1) !== 0xff) throw new Wrong(`a JPEG without a marker at byte ${at}`);
    const marker = whole(bytes, at + 1, 1);
    if (marker === 0xff) {
      at++; // Fill bytes may stand before a marker.
      continue;
    }
    if (marker === END_OF_IMAGE) throw new Wrong('a JPEG without a picture');
    const length = whole(bytes, at + 2, 2);
    const data = at + 4;
    if (isFrame(marker)) {
      frame = {
        bits: whole(bytes, data, 1),
        height: whole(bytes, data + 1, 2),
        width: whole(bytes, data + 3, 2),
        channels: whole(bytes, data + 5, 1),
      };
    }
    if (marker === APP1) orientation = exifOrientation(bytes.subarray(data, at + 2 + length)) ?? orientation;
    at += 2 + length;
    if (marker !== START_OF_SCAN) continue;
    if (!frame) throw new Wrong('a JPEG that does not say its size');
    // A camera may append a film: the mark of the end stands before it, and nowhere within compressed bytes.
    const isEnd = (tail: Uint8Array): boolean => hasEnd(tail, Math.max(0, at - (size - tail.length)));
    return { header: { format: 'JPEG', orientation, ...frame }, isEnd };
  }
}

function hasEnd(tail: Uint8Array, from: number): boolean {
  for (let at = tail.length - 2; at >= from; at--) {
    if (tail[at] === 0xff && tail[at + 1] === END_OF_IMAGE) return true;
  }
  return false;
}

const ORIENTATION = 0x0112;

/** Of a segment with EXIF data, a small TIFF file; undefined where it has none or is damaged. */
function exifOrientation(segment: Uint8Array): number | undefined {
  try {
    if (ascii(segment, 0, 6) !== 'Exif\0\0') return undefined;
    const tiff = segment.subarray(6);
    const order = ascii(tiff, 0, 2) === 'II' ? 'little' : 'big';
    const directory = whole(tiff, 4, 4, order);
    const entries = whole(tiff, directory, 2, order);
    for (let entry = 0; entry < entries; entry++) {
      const at = directory + 2 + 12 * entry;
      if (whole(tiff, at, 2, order) !== ORIENTATION) continue;
      const value = whole(tiff, at + 8, 2, order);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  } catch (error) {
    if (!(error instanceof Short)) throw error;
  }
  return undefined;
}
