import type { Op, Order, NoAttrs } from '../core/op';
import { ShapeError } from '../core/errors';
import { channelsOf, rowsOf } from '../core/rows';
import { formatShape, requireRank } from '../core/shape';
import shader from '../../shaders/bias.wgsl';
import { sumMatrices } from './conv/sum';
import { lanesOf, onePerThread, places, VECTORS } from '../lowering/elementwise';
import { requireFaceOrder, requireFeatures, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/** One row: a number for each channel, as biases and statistics of channels have. */
export const PER_CHANNEL: Order = {
  name: 'a number for each channel',
  shape: '(C)',
  padded: true,
  rows: () => 1,
  columns: ({ shape: [channels = 1] }) => channels,
  axes: ({ shape: [channels = 1] }) => [{ size: channels, stride: 1 }],
};

/**
 * y = x + b[channel]. x (N, C, H, W) or (N, C), b (C), y as x.
 * @throws {ShapeError} if b has another length than x has channels, or x is a flattened plane.
 */
export const bias: Op<'x' | 'b', 'y', NoAttrs> = {
  name: 'bias',
  attributes: [],
  orders: { b: PER_CHANNEL },
  infer(where, { x, b }) {
    requireFloat(where, { x, b });
    requireFeatures(where, { x });
    requireRank(where, 'b', b.shape, '(C)');
    requireFaceOrder(where, { x });
    if (b.shape[0] !== channelsOf(x)) {
      const got = `b ${formatShape(b.shape)}`;
      throw new ShapeError(where, `bias must be [${channelsOf(x)}] for x ${formatShape(x.shape)}`, got);
    }
    return { y: specOf(x) };
  },
  lower({ inputs: { x, b }, outputs: { y } }, views, target) {
    const lanes = lanesOf(channelsOf(x), views);
    const rows = rowsOf(x);
    const channels = channelsOf(x) / lanes;
    return {
      launches: [
        {
          shader,
          entry: 'forward',
          bind: { x, b, y },
          params: {
            rows,
            channels,
            blocks: 0,
            block_rows: 0,
            ...places({ x: views.x, y: views.y }, lanes),
            b_offset: views.b.offset / lanes,
          },
          ...(lanes === 4 && { variant: VECTORS }),
          ...onePerThread(rows * channels, target),
        },
      ],
    };
  },
  backward(builder, { label }, { y: dy }, wanted) {
    if (!dy) return {};
    return {
      ...(wanted.has('x') && { x: dy }),
      ...(wanted.has('b') && { b: builder.apply(biasGrad, { dy }, {}, label).db }),
    };
  },
};

/**
 * db = column sums of dy. The rows are cut into about as many blocks as a block has rows: enough threads, two short
 * sums instead of a long one, and the same order of addition on every adapter.
 */
export const biasGrad: Op<'dy', 'db', NoAttrs> = {
  name: 'bias_grad',
  orders: { db: PER_CHANNEL },
  infer(where, { dy }) {
    requireFloat(where, { dy });
    requireFeatures(where, { dy });
    return { db: { shape: [channelsOf(dy)], dtype: 'f32' } };
  },
  lower({ inputs: { dy }, outputs: { db } }, views, target) {
    const rows = rowsOf(dy);
    const lanes = lanesOf(channelsOf(dy), { dy: views.dy });
    const channels = channelsOf(dy) / lanes;
    const blockRows = Math.ceil(Math.sqrt(rows));
    const blocks = Math.ceil(rows / blockRows);
    const columns = channelsOf(dy);
    const parts = { scratch: 'parts', elements: blocks * columns };
    const total = { offset: views.db.offset, stride: columns };
    const sum = { rows: 1, columns, splits: blocks, splitStride: columns, partOffset: 0, total };
    return {
      launches: [
        {
          shader,
          entry: 'backward_bias',
          bind: { dy, parts },
          params: {
            rows,
            channels,
            blocks,
            block_rows: blockRows,
            ...places({ x: undefined, y: views.dy }, lanes),
            b_offset: 0,
          },
          ...(lanes === 4 && { variant: VECTORS }),
          ...onePerThread(blocks * channels, target),
        },
        sumMatrices([sum], parts, db, target),
      ],
    };
  },
};
