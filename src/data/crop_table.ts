import { requireArray, requireWhole } from '../core/check';
import { ValueError } from '../core/errors';
import { CROP_COLUMNS, INTERPOLATIONS } from '../ops/crop_table';
import { settledRectangle, type CropNumbers } from './crop_numbers';

/**
 * The table that the op `crop` reads, checked, since a kernel can refuse nothing. Rectangles are rounded to 1/64 of a pixel.
 * @param rows the numbers of each picture, in the order of the pictures in x
 * @param slot words, or pixels, that x has for each picture. Default: any picture fits
 * @returns (rows, 22), row by row
 * @throws {ValueError} naming the row, for a picture above 16383 pixels a side or above its slot, a rectangle that does not
 * lie inside of the picture, an interpolation that nobody knows, a partner that is no row, or numbers that are not finite
 */
export function cropTable(rows: readonly CropNumbers[], slot?: number): Float32Array<ArrayBuffer> {
  requireArray('cropTable', 'rows', rows);
  if (slot !== undefined) requireWhole('cropTable', 'slot', slot, 1);
  const table = new Float32Array(rows.length * CROP_COLUMNS);
  for (const [index, numbers] of rows.entries()) {
    const where = `cropTable: row ${index}`;
    const { left, top, width, height } = settledRectangle(where, numbers);
    const { picture, mirror, interpolation, colours, mix = { partner: index, share: 1 } } = numbers;
    if (picture.width * picture.height > (slot ?? Infinity)) {
      const problem = `a picture of ${picture.width} x ${picture.height} does not fit its slot`;
      throw new ValueError(where, problem, `${slot} words`, 'shrink the picture, or give x larger slots');
    }
    if (mix.partner >= rows.length)
      throw new ValueError(where, `the partner must be a row below ${rows.length}`, `${mix.partner}`);
    const way = INTERPOLATIONS.indexOf(interpolation);
    const sizes = [picture.width, picture.height, left, top, width, height];
    const row = [...sizes, Number(mirror), way, ...colours, mix.partner, mix.share];
    table.set(row, index * CROP_COLUMNS);
  }
  return table;
}
