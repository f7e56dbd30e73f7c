import { messageOf } from '../../core/check';
import { checkDecode, undecodable } from '../decoding';
import { decodedSize, type DecodedPicture, type DecodeOptions } from '../picture';

/**
 * Decodes a picture file in a page or a worker, by the browser: JPEG, PNG, WebP, GIF or AVIF. EXIF's orientation is followed;
 * of an animation the first frame is taken; grey becomes RGB, 16 bits become 8, the colours of a profile become sRGB. What is
 * transparent shows white behind it: alpha is 255 everywhere. The picture is made smaller where it is larger than the options
 * allow, never larger. Browsers differ in the last bits, and from what Node decodes; of CMYK files by more than that.
 *
 * @param file the whole file, such as a `File` that someone has dropped, or its bytes
 * @throws {FormatError} if it is no picture, or a damaged one; {ValueError} for wrong options
 */
export async function decodePicture(
  file: Blob | Uint8Array<ArrayBuffer>,
  options: DecodeOptions,
): Promise<DecodedPicture> {
  checkDecode(file instanceof Blob ? await bytesOf(file, options) : file, options);
  const bitmaps: ImageBitmap[] = [];
  try {
    const blob = file instanceof Blob ? file : new Blob([file]);
    const whole = await createImageBitmap(blob, { imageOrientation: 'from-image' });
    bitmaps.push(whole);
    const size = decodedSize(whole.width, whole.height, options);
    // Its size is known only now. What is transparent mixes by its share, so that white may come later.
    const shown = await createImageBitmap(whole, {
      resizeWidth: size.width,
      resizeHeight: size.height,
      resizeQuality: 'high',
    });
    bitmaps.push(shown);
    return { ...size, data: pixelsOf(shown) };
  } catch (cause) {
    throw undecodable(options, messageOf(cause), cause);
  } finally {
    for (const bitmap of bitmaps) bitmap.close();
  }
}

async function bytesOf(file: Blob, options: DecodeOptions): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    // It was moved or changed since it was chosen.
    throw undecodable(options, messageOf(cause), cause);
  }
}

/** On white. */
function pixelsOf(bitmap: ImageBitmap): Uint8Array<ArrayBuffer> {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser gives no canvas to read pixels from');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  return new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
}
