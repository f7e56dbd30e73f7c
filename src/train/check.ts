import type { Value } from '../core/op';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';

const typeName = (data: unknown): string => Object.prototype.toString.call(data).slice(8, -1);

/**
 * Pictures as float32 numbers in PyTorch's order (N, C, H, W), for `count` pictures.
 * @throws {ValueError} for the wrong type of array or a NaN or infinity; {ShapeError} for another length
 */
export function checkImages(
  where: string,
  data: unknown,
  value: Value,
  count: number,
): asserts data is Float32Array {
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
  if (labels.length !== count) throw new ShapeError(where, `needs ${count} labels`, `${labels.length}`);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new ValueError(
        where,
        `labels must be whole numbers from 0 to ${classes - 1}`,
        `${label} at picture ${index}`,
      );
    }
  }
  return Uint32Array.from(labels);
}
