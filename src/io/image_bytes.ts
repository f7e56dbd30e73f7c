import { requireWhole, shown, typeName } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';

/** Images as bytes, interleaved: (N, H, W, channels). */
export interface ImageBytes {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** Grey, RGB, or RGBA as a canvas gives it; alpha is left out. */
  readonly channels: 1 | 3 | 4;
}

/** Per channel, for pixels scaled to 0..1: y = (x - mean) / std. */
export interface Normalisation {
  readonly mean: readonly [r: number, g: number, b: number];
  readonly std: readonly [r: number, g: number, b: number];
}

/** For one output pixel along one axis: the two source pixels, and how much of the second. */
interface Taps {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly share: Float64Array;
}

/**
 * Half-pixel centres, edges clamped, no antialiasing: PyTorch's `interpolate(mode='bilinear', align_corners=False)`.
 */
function taps(from: number, to: number): Taps {
  const first = new Uint32Array(to);
  const second = new Uint32Array(to);
  const share = new Float64Array(to);
  for (let index = 0; index < to; index++) {
    const centre = Math.max(0, ((index + 0.5) * from) / to - 0.5);
    const floor = Math.min(Math.floor(centre), from - 1);
    first[index] = floor;
    second[index] = Math.min(floor + 1, from - 1);
    share[index] = Math.min(centre - floor, 1);
  }
  return { first, second, share };
}

/** Resizes one channel of one image into `plane` (size x size). */
function resize(
  data: Uint8Array | Uint8ClampedArray,
  source: { start: number; width: number; pixel: number },
  rows: Taps,
  columns: Taps,
  mixed: Float64Array,
  plane: Float64Array,
): void {
  const { start, width, pixel } = source;
  const size = rows.first.length;
  for (let y = 0; y < size; y++) {
    const upper = start + rows.first[y]! * width * pixel;
    const lower = start + rows.second[y]! * width * pixel;
    const down = rows.share[y]!;
    for (let x = 0; x < width; x++) {
      const above = data[upper + x * pixel]!;
      mixed[x] = above + (data[lower + x * pixel]! - above) * down;
    }
    for (let x = 0; x < size; x++) {
      const left = mixed[columns.first[x]!]!;
      plane[y * size + x] = left + (mixed[columns.second[x]!]! - left) * columns.share[x]!;
    }
  }
}

/** Numbers in one array: 4 GiB. */
const LARGEST = 2 ** 30;

function checkImages({ data, count, height, width, channels }: ImageBytes): void {
  if (!/^Uint8(Clamped)?Array$/.test(typeName(data))) {
    throw new ValueError('images', 'must be bytes in a Uint8Array or Uint8ClampedArray', typeName(data));
  }
  requireWhole('images', 'count', count, 0);
  requireWhole('images', 'height', height, 1);
  requireWhole('images', 'width', width, 1);
  // Whoever calls from JavaScript may give any number.
  if (![1, 3, 4].includes(channels)) {
    throw new ValueError('images', 'channels must be 1, 3 or 4', shown(channels));
  }
  const expected = count * height * width * channels;
  if (data.length !== expected) {
    const shape = `${count} images of ${height}x${width}x${channels}`;
    throw new ShapeError('images', `${shape} take ${expected} bytes`, `${data.length}`);
  }
}

/**
 * Images as the network wants them: resized to a square, three channels (grey is repeated), normalised.
 *
 * @param chosen numbers of the images to take, in this order
 * @returns (chosen, 3, size, size) in PyTorch's order
 * @throws {ShapeError} if the bytes are not `count` images; {ValueError} for a size or number that makes no sense
 */
export function toImages(
  images: ImageBytes,
  chosen: ArrayLike<number>,
  size: number,
  { mean, std }: Normalisation,
): Float32Array<ArrayBuffer> {
  checkImages(images);
  const { data, count, height, width, channels } = images;
  const bytes = height * width * channels;
  requireWhole('images', 'size', size, 1);
  const extremes = [0, 1].flatMap((pixel) => mean.map((of, channel) => (pixel - of) / (std[channel] ?? 0)));
  if (!extremes.every((value) => Number.isFinite(Math.fround(value)))) {
    const problem = 'mean and standard deviation must give finite numbers';
    throw new ValueError('images', problem, `mean ${shown(mean)}, standard deviation ${shown(std)}`);
  }
  if (chosen.length * 3 * size * size > LARGEST) {
    const problem = `${chosen.length} images of ${size}x${size} are more than ${LARGEST} numbers`;
    throw new ValueError('images', problem, undefined, 'take fewer at a time');
  }
  const area = size * size;
  const numbers = new Float32Array(chosen.length * 3 * area);
  const rows = taps(height, size);
  const columns = taps(width, size);
  const mixed = new Float64Array(width);
  const plane = new Float64Array(area);
  for (let image = 0; image < chosen.length; image++) {
    const number = chosen[image]!;
    if (!Number.isInteger(number) || number < 0 || number >= count) {
      throw new ValueError('images', `there are images 0 to ${count - 1}`, shown(number));
    }
    for (let channel = 0; channel < 3; channel++) {
      if (channel === 0 || channels > 1) {
        const source = { start: number * bytes + channel, width, pixel: channels };
        resize(data, source, rows, columns, mixed, plane);
      }
      const scale = 1 / (255 * std[channel]!);
      const shift = -mean[channel]! / std[channel]!;
      const at = (image * 3 + channel) * area;
      for (let pixel = 0; pixel < area; pixel++) numbers[at + pixel] = plane[pixel]! * scale + shift;
    }
  }
  return numbers;
}
