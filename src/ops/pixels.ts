import type { Op } from '../core/op';
import { ShapeError, ValueError } from '../core/errors';
import { checkOptions } from '../core/options';
import { rowsOf } from '../core/rows';
import { formatShape } from '../core/shape';
import shader from '../../shaders/pixels.wgsl';
import { COLOURS, normalising, type Rgb } from '../lowering/colours';
import { onePerThread, places } from '../lowering/elementwise';
import { requireFeatures } from '../lowering/features';

/** Attributes of `pixels`. */
export interface PixelsAttrs {
  /** What is taken off each colour. Default 0. */
  readonly mean?: Rgb;
  /** What each colour is then divided by. Default 1. */
  readonly deviation?: Rgb;
}

/**
 * y = (byte / 255 - mean) / deviation for the bytes R, G and B of each pixel; A is left out. x (N, 1, H, W) in u32, the
 * bytes R, G, B, A of a pixel from the lowest to the highest, y (N, 3, H, W). No gradient.
 * @throws {ShapeError} unless x has one word per pixel; {ValueError} for another type, or numbers that make no sense
 */
export const pixels: Op<'x', 'y', PixelsAttrs> = {
  name: 'pixels',
  attributes: ['mean', 'deviation'],
  infer(where, { x }, attrs) {
    if (x.dtype !== 'u32') throw new ValueError(where, 'x must hold packed pixels, u32', x.dtype);
    requireFeatures(where, { x });
    const [batch = 1, words, height = 1, width = 1] = x.shape;
    if (x.shape.length !== 4 || words !== 1) {
      throw new ShapeError(where, 'x must be (N, 1, H, W), one word per pixel', formatShape(x.shape));
    }
    checkOptions<PixelsAttrs>(where, attrs, COLOURS);
    return { y: { shape: [batch, 3, height, width], dtype: 'f32', paddedRows: true } };
  },
  lower({ inputs: { x }, outputs: { y }, attrs }, views, target) {
    const lanes = views.y.zeroPadded ? 4 : 1;
    const count = rowsOf(x);
    return {
      launches: [
        {
          shader,
          entry: lanes === 4 ? 'padded' : 'plain',
          bind: { x, [lanes === 4 ? 'y_rows' : 'y']: y },
          params: {
            count,
            ...places({ x: views.x }),
            ...places({ y: views.y }, lanes),
            ...normalising(attrs),
          },
          ...onePerThread(count, target),
        },
      ],
    };
  },
};
