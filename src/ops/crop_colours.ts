import { FIRST_COLOUR, INTERPOLATIONS, STEPS } from './crop_table';

/** A pixel of the picture along one axis, and how much it counts. */
interface Tap {
  readonly at: number;
  readonly share: number;
}

/** Keys' cubic for a = -0.75, by the distance from the pixel (IEEE Trans. ASSP 29, 1981). */
function cubic(distance: number): number {
  const [a, d] = [-0.75, Math.abs(distance)];
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? a * (((d - 5) * d + 8) * d - 4) : 0;
}

/** What output pixel `to` of `size` takes of the stretch from `start`, of `extent`, both in 1/STEPS of a pixel. */
function taps(interpolation: number, start: number, extent: number, size: number, to: number): Tap[] {
  const way = INTERPOLATIONS[interpolation];
  const position = (part: number): number => (start * size + (to + part) * extent) / (STEPS * size);
  const pixels = (first: number, end: number, share: (at: number) => number): Tap[] =>
    Array.from({ length: end - first }, (_, index) => first + index).map((at) => ({ at, share: share(at) }));
  if (way === 'area') {
    const [from, end] = [position(0), position(1)];
    const part = (at: number): number => (Math.min(end, at + 1) - Math.max(from, at)) / (end - from);
    return pixels(Math.floor(from), Math.ceil(end), part);
  }
  const centre = position(0.5);
  if (way === 'nearest') return pixels(Math.floor(centre), Math.floor(centre) + 1, () => 1);
  const before = Math.floor(centre - 0.5);
  const far = (at: number): number => centre - 0.5 - at;
  if (way === 'bilinear') return pixels(before, before + 2, (at) => 1 - Math.abs(far(at)));
  return pixels(before - 1, before + 3, (at) => cubic(far(at)));
}

/**
 * The colours that `crop` normalises, in float64: sampled, changed by the matrix, clamped to 0..255.
 * @param words the picture's slot, R in the lowest byte
 * @param row of the table, as `crop` describes it
 * @param size height and width of the output
 * @returns (3, size, size)
 */
export function cropColours(
  words: ArrayLike<number>,
  row: ArrayLike<number>,
  size: number,
): Float64Array<ArrayBuffer> {
  const [width = 1, , left = 0, top = 0, across = 1, down = 1, mirror = 0, way = 0] = Array.from(row);
  const matrix = Array.from(row).slice(FIRST_COLOUR);
  const axis = (corner: number, extent: number): Tap[][] => {
    const [first, last] = [Math.floor(corner), Math.ceil(corner + extent) - 1];
    const inside = ({ at, share }: Tap): Tap => ({ at: Math.min(Math.max(at, first), last), share });
    return Array.from({ length: size }, (_, to) =>
      taps(way, corner * STEPS, extent * STEPS, size, to).map(inside),
    );
  };
  const [rows, columns] = [axis(top, down), axis(left, across)];
  if (mirror === 1) columns.reverse();
  const colours = new Float64Array(3 * size * size);
  for (const [i, vertical] of rows.entries()) {
    for (const [j, horizontal] of columns.entries()) {
      const sums = [0, 0, 0, 255];
      for (const y of vertical) {
        for (const x of horizontal) {
          const word = words[y.at * width + x.at] as number;
          const share = y.share * x.share;
          for (let c = 0; c < 3; c++) sums[c] = (sums[c] as number) + share * ((word >>> (8 * c)) & 255);
        }
      }
      for (let c = 0; c < 3; c++) {
        const changed = sums.reduce((sum, value, k) => sum + value * (matrix[4 * c + k] as number), 0);
        colours[(c * size + i) * size + j] = Math.min(Math.max(changed, 0), 255);
      }
    }
  }
  return colours;
}
