import type { Value } from '../core/op';
import { shown, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import { isPixelBytes, type PixelBytes } from '../runtime/pixel_bytes';

/** Float32 numbers in PyTorch's order (N, C, H, W), or for graphs with packed pictures their bytes (N, H, W, RGBA). */
export type Pictures = Float32Array | PixelBytes;

/** Numbers, or bytes where pictures are packed, that one picture has. */
export const pictureLength = ({ shape, dtype }: Value): number =>
  sizeOf(shape.slice(1)) * (dtype === 'u32' ? 4 : 1);

/**
 * Pictures as the graph's input takes them, `count` of them.
 * @throws {ValueError} for the wrong type of array or a NaN or infinity; {ShapeError} for another length
 */
export function checkImages(
  where: string,
  data: unknown,
  value: Value,
  count: number,
): asserts data is Pictures {
  if (value.dtype === 'u32') {
    checkBytes(where, data, value, count);
    return;
  }
  if (!(data instanceof Float32Array)) {
    throw new ValueError(
      where,
      'pictures must be a Float32Array',
      typeName(data),
      'scale bytes to numbers first',
    );
  }
  const shape = [count, ...value.shape.slice(1)];
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      where,
      `pictures must be ${formatShape(shape)}, ${sizeOf(shape)} numbers`,
      `${data.length}`,
    );
  }
  const index = data.findIndex((number) => !Number.isFinite(number));
  if (index >= 0) {
    const [, channels = 1, height = 1, width = 1] = value.shape;
    const pixel = index % (height * width);
    const plane = Math.floor(index / (height * width));
    throw new ValueError(
      where,
      'pictures must hold finite numbers',
      `${data[index]} in picture ${Math.floor(plane / channels)}, channel ${plane % channels}, row ` +
        `${Math.floor(pixel / width)}, column ${pixel % width}`,
    );
  }
}

function checkBytes(where: string, data: unknown, value: Value, count: number): void {
  if (!isPixelBytes(data)) {
    throw new ValueError(
      where,
      'pictures must be a Uint8Array or Uint8ClampedArray',
      typeName(data),
      "give ImageData's data, or build the graph with float32 input",
    );
  }
  const shape = [count, ...value.shape.slice(2), 4];
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      where,
      `pictures must be ${formatShape(shape)}, ${sizeOf(shape)} bytes`,
      `${data.length}`,
      'each pixel has 4 bytes: R, G, B, A',
    );
  }
}

/**
 * Class numbers from 0, one per picture.
 * @throws {ValueError} for a label that is no class; {ShapeError} for another length
 */
export function checkLabels(
  where: string,
  labels: ArrayLike<number>,
  count: number,
  classes: number,
): Uint32Array {
  const given: unknown = labels;
  if (typeof given !== 'object' || given === null) {
    throw new ValueError(where, 'labels must be an array of numbers', shown(given));
  }
  if (labels.length !== count) throw new ShapeError(where, `needs ${count} labels`, `${labels.length}`);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new ValueError(
        where,
        `labels must be whole numbers from 0 to ${classes - 1}`,
        `${shown(label)} at picture ${index}`,
      );
    }
  }
  return Uint32Array.from(labels);
}
