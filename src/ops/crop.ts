import type { Op } from '../core/op';
import { ShapeError, ValueError } from '../core/errors';
import { checkOptions } from '../core/options';
import { foldWorkgroups } from '../core/rows';
import { formatShape, requireRank } from '../core/shape';
import shader from '../../shaders/crop.wgsl';
import { normalising } from '../lowering/colours';
import { places } from '../lowering/elementwise';
import { requireFloat } from '../lowering/require';
import { CROP, type CropAttrs } from './crop_attributes';
import { CROP_COLUMNS, LARGEST_SIDE, STEPS } from './crop_table';

const WG = 256;

/** Pixels of a thread. */
const ROWS = 4;

/**
 * y = share * own + (1 - share) * partner, each an image (clamp(M colour / 255, 0, 1) - mean) / deviation, where `colour` is
 * sampled from a rectangle of a picture, which may be mirrored.
 *
 * x (N, P) in u32 has a slot of P words for each picture: the bytes R, G, B, A of a pixel from the lowest to the highest, row
 * by row; A is left out, and so is what lies behind the picture. table (N, 22) has a row for each picture, which `cropTable`
 * of `inception-webgpu/data` makes and checks. y (N, 3, size, size). No gradient.
 *
 * Columns of the table: 0, 1 width and height of the picture in pixels; 2 to 5 left, top, width and height of the rectangle
 * in pixels, in steps of 1/64; 6 mirrored, 0 or 1; 7 interpolation, 0 to 3; 8 to 19 the 3x4 matrix M, row by row, whose
 * fourth column is added, as a share of 255; 20 the row of the partner; 21 the share, 0 to 1: where it is 1, none is read.
 *
 * With u = left + (i + 0.5) * width / size, and the same for rows:
 * - 0 nearest: the pixel floor(u), as PyTorch's `nearest-exact`
 * - 1 bilinear: at u - 0.5, as PyTorch's `bilinear` with `align_corners=False`, without antialiasing
 * - 2 area: the mean of the pixels from left + i * width / size to left + (i + 1) * width / size, each by the share that
 *   lies inside; where the picture is enlarged, that is the pixel, or a mix of the two that the stretch touches
 * - 3 bicubic: at u - 0.5, as PyTorch's `bicubic`, a = -0.75, without antialiasing
 *
 * Neighbours are clamped to the pixels that the rectangle touches, as if the picture were cut first and resized then.
 *
 * A table that makes no sense reads nothing beyond the picture's slot, but gives colours that mean nothing.
 * @throws {ShapeError} for other shapes; {ValueError} for other types, or attributes that make no sense
 */
export const crop: Op<'x' | 'table', 'y', CropAttrs> = {
  name: 'crop',
  attributes: ['size', 'mean', 'deviation'],
  infer(where, { x, table }, attrs) {
    if (x.dtype !== 'u32') throw new ValueError(where, 'x must hold packed pixels, u32', x.dtype);
    requireFloat(where, { table });
    requireRank(where, 'x', x.shape, '(N, P)');
    const [batch = 1] = x.shape;
    const [rows, columns] = table.shape;
    if (table.shape.length !== 2 || rows !== batch || columns !== CROP_COLUMNS) {
      const problem = `table must be [${batch}, ${CROP_COLUMNS}] for x ${formatShape(x.shape)}`;
      throw new ShapeError(where, problem, formatShape(table.shape), 'cropTable makes it');
    }
    checkOptions(where, attrs, CROP);
    return { y: { shape: [batch, 3, attrs.size, attrs.size], dtype: 'f32', paddedRows: true } };
  },
  lower({ inputs: { x, table }, outputs: { y }, attrs }, views, target) {
    const [batch = 1, words = 1] = x.shape;
    const { size } = attrs;
    const lanes = views.y.zeroPadded ? 4 : 1;
    // A workgroup stays within a picture: all its threads sample in the same way.
    const groups = Math.ceil((size * Math.ceil(size / ROWS)) / WG);
    return {
      launches: [
        {
          shader,
          entry: lanes === 4 ? 'padded' : 'plain',
          bind: { x, table, [lanes === 4 ? 'y_rows' : 'y']: y },
          params: {
            batch,
            words,
            groups,
            size,
            inverse: 1 / (2 * STEPS * size),
            ...places({ x: views.x, table: views.table }),
            ...places({ y: views.y }, lanes),
            ...normalising(attrs),
          },
          constants: { WG, ROWS, STEPS, LARGEST_SIDE },
          workgroups: foldWorkgroups(batch * groups, target.maxWorkgroupsPerDimension),
        },
      ],
    };
  },
};
