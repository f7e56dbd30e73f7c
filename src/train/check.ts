import type { Value } from '../core/op';
import { isTyped, requireRecord, shown, typeName } from '../core/check';
import { requireKnown } from '../core/options';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, sizeOf, type Shape } from '../core/shape';
import { isSource, type InputSource } from '../runtime/input_source';
import { isPixelBytes, type PixelBytes } from '../runtime/pixel_bytes';

/** Float32 numbers in PyTorch's order (N, C, H, W), or for graphs with packed images their bytes (N, H, W, RGBA). */
export type ImageArrays = Float32Array | PixelBytes;

/** Images, or where the GPU finds them: what `fromBuffer` and `fromImages` give. */
export type Images = ImageArrays | InputSource;

/** Numbers of further inputs, by name, in PyTorch's order. */
export type Inputs = Readonly<Record<string, Float32Array | Uint32Array>>;

/** Class numbers from 0; for a loss of targets a Float32Array of them, a row for each image. */
export type Labels = ArrayLike<number | bigint>;

/** Numbers, or bytes where images are packed, that one image has. */
export const imageLength = ({ shape, dtype }: Value): number =>
  sizeOf(shape.slice(1)) * (dtype === 'u32' ? 4 : 1);

/**
 * Images as the graph's input takes them, `count` of them.
 * @throws {ValueError} for the wrong type of array or a NaN or infinity; {ShapeError} for another length
 */
export function checkImages(
  where: string,
  data: unknown,
  value: Value,
  count: number,
): asserts data is Images {
  if (isSource(data)) {
    const got = data.count(where, value);
    if (got !== count) throw new ShapeError(where, `needs ${count} images`, `${got}`);
    return;
  }
  if (value.dtype === 'u32') {
    checkBytes(where, data, value, count);
    return;
  }
  if (!isTyped(data, 'Float32Array')) {
    const got = typeName(data);
    throw new ValueError(where, 'images must be a Float32Array', got, 'scale bytes to numbers first');
  }
  const shape = [count, ...value.shape.slice(1)];
  if (data.length !== sizeOf(shape)) {
    const got = `${data.length}`;
    throw new ShapeError(where, `images must be ${formatShape(shape)}, ${sizeOf(shape)} numbers`, got);
  }
  const index = data.findIndex((number) => !Number.isFinite(number));
  if (index >= 0) {
    const [, channels = 1, height = 1, width = 1] = value.shape;
    const pixel = index % (height * width);
    const plane = Math.floor(index / (height * width));
    throw new ValueError(
      where,
      'images must hold finite numbers',
      `${data[index]} in image ${Math.floor(plane / channels)}, channel ${plane % channels}, row ` +
        `${Math.floor(pixel / width)}, column ${pixel % width}`,
    );
  }
}

function checkBytes(where: string, data: unknown, value: Value, count: number): void {
  if (!isPixelBytes(data)) {
    const advice = "give ImageData's data, or build the graph with float32 input";
    throw new ValueError(where, 'images must be a Uint8Array or Uint8ClampedArray', typeName(data), advice);
  }
  const shape = [count, ...value.shape.slice(2), 4];
  if (data.length !== sizeOf(shape)) {
    const problem = `images must be ${formatShape(shape)}, ${sizeOf(shape)} bytes`;
    throw new ShapeError(where, problem, `${data.length}`, 'each pixel has 4 bytes: R, G, B, A');
  }
}

/**
 * Class numbers from 0, one per image, as numbers or BigInts.
 * @throws {ValueError} for a label that is no class of each head; {ShapeError} for another length
 */
export function checkLabels(
  where: string,
  labels: Labels,
  count: number,
  heads: readonly { readonly name: string; readonly scores: Pick<Value, 'shape'> }[],
): Uint32Array {
  const given: unknown = labels;
  if (typeof given !== 'object' || given === null) {
    throw new ValueError(where, 'labels must be an array of numbers', shown(given));
  }
  if (labels.length !== count) throw new ShapeError(where, `needs ${count} labels`, shown(labels.length));
  const counts = heads.map(({ scores }) => scores.shape[1] ?? 1);
  const classes = Math.min(...counts);
  const fewest = counts.every((each) => each === classes)
    ? ''
    : `, for ${heads[counts.indexOf(classes)]?.name}`;
  return Uint32Array.from({ length: count }, (_, index) => {
    const given = labels[index];
    const label = typeof given === 'bigint' ? Number(given) : given;
    if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < classes) return label;
    const got = `${shown(given)} at image ${index}`;
    throw new ValueError(where, `labels must be whole numbers from 0 to ${classes - 1}${fewest}`, got);
  });
}

/**
 * Targets of this shape, in PyTorch's order.
 * @throws {ValueError} for another type of array, or a number that is not finite or out of range; {ShapeError} for another length
 */
export function checkTargets(
  where: string,
  labels: unknown,
  shape: Shape,
  least = -Infinity,
  most = Infinity,
): Float32Array {
  if (!isTyped(labels, 'Float32Array'))
    throw new ValueError(where, 'labels must be a Float32Array of targets', typeName(labels));
  if (labels.length !== sizeOf(shape)) {
    const problem = `labels must be ${formatShape(shape)}, ${sizeOf(shape)} targets`;
    throw new ShapeError(where, problem, `${labels.length}`);
  }
  const index = labels.findIndex((target) => !(Number.isFinite(target) && target >= least && target <= most));
  if (index < 0) return labels;
  const what = most < Infinity ? `numbers from ${least} to ${most}` : 'finite numbers';
  const image = Math.floor(index / sizeOf(shape.slice(1)));
  throw new ValueError(where, `targets must be ${what}`, `${labels[index]} at image ${image}`);
}

/**
 * Further inputs of a graph, each with `parts` times as many numbers as one run reads.
 * @throws {ValueError} for one that is missing, of another type or that the graph lacks; {ShapeError} for another length
 */
export function checkInputs(
  where: string,
  given: Inputs,
  wanted: readonly Value[],
  numbersOf: (value: Value) => number,
): void {
  requireRecord(where, 'the inputs', given);
  const names = wanted.map(({ label }) => label);
  requireKnown(`${where}: inputs`, given, names);
  for (const value of wanted) {
    const { label, dtype } = value;
    const count = numbersOf(value);
    const data = given[label];
    if (data === undefined)
      throw new ValueError(where, `needs the input ${label}`, shown(Object.keys(given)));
    const type = dtype === 'f32' ? 'Float32Array' : 'Uint32Array';
    if (!isTyped(data, type)) throw new ValueError(where, `${label} must be a ${type}`, typeName(data));
    if (data.length !== count)
      throw new ShapeError(where, `${label} needs ${count} numbers`, `${data.length}`);
  }
}
