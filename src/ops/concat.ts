import type { Launch, Op, Target, TensorSpec, Value, View } from '../core/op';
import { ShapeError } from '../core/errors';
import { channelsOf } from '../core/rows';
import { formatShape, sameShape, type Shape } from '../core/shape';
import shader from '../../shaders/concat.wgsl';
import { onePerNumber } from '../lowering/elementwise';
import { requireFaceOrder, requireFeatures, specOf } from '../lowering/features';
import { requireFloat } from '../lowering/require';

/** Name of concat's input number `index`. */
export const concatInput = (index: number): string => `x${index}`;

/** The tensors named x0, x1 and so on, in that order. */
function inOrder<T>(where: string, tensors: Readonly<Record<string, T>>): T[] {
  const names = Object.keys(tensors);
  const ordered: T[] = [];
  for (let index = 0; index < names.length; index++) {
    const tensor = tensors[concatInput(index)];
    if (tensor !== undefined) ordered.push(tensor);
  }
  if (ordered.length === 0 || ordered.length !== names.length) {
    throw new ShapeError(where, 'inputs must be named x0, x1 and so on', names.join(', ') || 'none');
  }
  return ordered;
}

const withoutChannels = (shape: Shape): Shape => shape.toSpliced(1, 1);

/** One launch that copies `channels` channels of all rows from one place to another. */
function copy(x: Value, y: Value, from: View, to: View, part: TensorSpec, target: Target): Launch {
  return { shader, entry: 'forward', bind: { x, y }, ...onePerNumber(part, { x: from, y: to }, target) };
}

/**
 * y = x0, x1, ... side by side along the channels. All (N, C, H, W) or all (N, F), equal but for the channels.
 * @throws {ShapeError} if other sizes differ, or an input is a flattened plane.
 */
export const concat: Op<string, 'y', Readonly<Record<string, never>>> = {
  name: 'concat',
  attributes: [],
  sharesMemory: 'concat',
  infer(where, inputs) {
    requireFloat(where, inputs);
    requireFeatures(where, inputs);
    requireFaceOrder(where, inputs);
    const tensors = inOrder(where, inputs);
    const shapes = tensors.map(({ shape }) => shape);
    const [first = []] = shapes;
    if (!shapes.every((shape) => sameShape(withoutChannels(shape), withoutChannels(first)))) {
      const got = shapes.map(formatShape).join(', ');
      throw new ShapeError(where, 'all inputs must have the same shape but for their channels', got);
    }
    const channels = tensors.reduce((sum, tensor) => sum + channelsOf(tensor), 0);
    return { y: { shape: first.with(1, channels), dtype: 'f32' } };
  },
  lower({ inputs, outputs: { y }, label }, views, target) {
    const whole = views.y as View;
    const launches: Launch[] = [];
    let channel = 0;
    for (const [index, x] of inOrder(label, inputs).entries()) {
      const from = views[concatInput(index)] as View;
      const to = { ...whole, offset: whole.offset + channel };
      if (!from.elided) launches.push(copy(x, y, from, to, x, target));
      channel += channelsOf(x);
    }
    return { launches };
  },
  backward(builder, { inputs, label }, { y: dy }, wanted) {
    if (!dy) return {};
    const gradients: Record<string, Value> = {};
    let first = 0;
    for (const [index, x] of inOrder(label, inputs).entries()) {
      const channels = channelsOf(x);
      const name = concatInput(index);
      if (wanted.has(name)) gradients[name] = builder.apply(slice, { x: dy }, { first, channels }, label).y;
      first += channels;
    }
    return gradients;
  },
};

export interface SliceAttrs {
  /** First channel taken. */
  readonly first: number;
  /** Number of channels taken. */
  readonly channels: number;
}

/**
 * y = some neighbouring channels of x, (N, C, H, W) or (N, F).
 * @throws {ShapeError} if x has not all of these channels, or is a flattened plane of which only some are taken.
 */
export const slice: Op<'x', 'y', SliceAttrs> = {
  name: 'slice',
  sharesMemory: 'slice',
  infer(where, { x }, { first, channels }) {
    requireFloat(where, { x });
    requireFeatures(where, { x });
    if (first === 0 && channels === channelsOf(x)) return { y: specOf(x) };
    requireFaceOrder(where, { x });
    const whole = Number.isInteger(first) && Number.isInteger(channels);
    if (!whole || first < 0 || channels < 1 || first + channels > channelsOf(x)) {
      const wanted = `${channels} channels from channel ${first} must lie within x`;
      throw new ShapeError(where, wanted, `x ${formatShape(x.shape)}`);
    }
    return { y: { shape: x.shape.with(1, channels), dtype: 'f32' } };
  },
  lower({ inputs: { x }, outputs: { y }, attrs }, views, target) {
    if (views.y.elided) return { launches: [] };
    const from = { ...views.x, offset: views.x.offset + attrs.first };
    return { launches: [copy(x, y, from, views.y, y, target)] };
  },
};
