import type { Launch, Scratch, Target, View } from '../../core/op';
import shader from '../../../shaders/conv2d_quad.wgsl';
import { places } from '../elementwise';
import { UNUSED } from './problem';
import { TILE, tiling, workgroup } from './quad';

/** A matrix product of a batch: rows of `from` by a matrix of `inner` rows gives `to`; all dense, one after another. */
interface Products {
  readonly count: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** `count` products at once: to[r, c] = sum over k of from[r, k] * w[k, c], or of from[r, c'] * w[k, c'] if `back`. */
export function quadProducts(
  { count, rows, inner, columns }: Products,
  { from, w, to }: Readonly<Record<'from' | 'w' | 'to', Scratch>>,
  back: boolean,
  target: Target,
): Launch {
  // Rows of w are x's channels, whichever side is given.
  const [ci, co] = back ? [columns, inner] : [inner, columns];
  const { columnTiles, grid } = tiling(rows, columns / 4, TILE, target);
  const dense = (stride: number): View => ({ offset: 0, stride, zeroPadded: false });
  const none = { rest: undefined, add: undefined, mask: undefined };
  return {
    shader,
    entry: back ? 'backward_input' : 'forward',
    bind: back ? { dy: from, w, add: w, mask: w, dx: to } : { x: from, w, b: w, y: to, y_rest: UNUSED },
    params: {
      column_tiles: columnTiles,
      rows,
      x_h: 1,
      x_w: rows,
      y_h: 1,
      y_w: rows,
      ci: ci / 4,
      co: co / 4,
      tap_rows: ci,
      ...places({ x: dense(ci), y: dense(co), w: dense(co), ...none }, 4),
      b_offset: 0,
      rest_first: 0,
      x_product: (rows * ci) / 4,
      w_product: (ci * co) / 4,
      y_product: (rows * co) / 4,
    },
    constants: { KERNEL_H: 1, KERNEL_W: 1, PAD_TOP: 0, PAD_LEFT: 0, WG: workgroup(target) },
    workgroups: [grid[0], grid[1], count],
  };
}
