import { bytesOf } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { formatShape, sizeOf } from '../core/shape';
import { requireDevice, type Engine } from '../gpu/engine';
import { checkSource } from './check_source';
import type { InputSource } from './input_source';
import { pixelsOf, relayoutPipeline, submitRelayout, type BufferRange } from './relayout';

const RANGE: Rules<BufferRange> = {
  buffer: is.needed(is.having('usage', 'size', 'mapState')),
  offset: is.whole(0),
  size: is.whole(0),
};

/** @throws {ValueError} unless it is a buffer to be bound as storage, with a range inside of it */
export function requireRange(where: string, range: BufferRange): Required<BufferRange> {
  checkOptions(where, range, RANGE);
  const { buffer, offset = 0, size = Math.max(0, buffer.size - offset) } = range;
  if (offset % 4 !== 0 || size % 4 !== 0)
    throw new ValueError(where, 'offset and size must be multiples of 4 bytes', `${offset} and ${size}`);
  if (offset + size > buffer.size) {
    const got = `${size} from ${offset} on, of ${buffer.size}`;
    throw new ValueError(where, 'the bytes must lie inside of the buffer', got);
  }
  if ((buffer.usage & GPUBufferUsage.STORAGE) === 0)
    throw new ValueError(where, 'the buffer must have the usage STORAGE', `${buffer.usage}`);
  return { buffer, offset, size };
}

/**
 * An input's numbers out of a buffer on the engine's device, in PyTorch's order: float32 (N, C, H, W), or for packed images
 * a word of R, G, B, A for each pixel. They are read whenever it is given to `program.write`, `trainer.step` or
 * `classifier.run`, after what was submitted before; until then the buffer must live. A NaN in it is the caller's.
 *
 *     const source = await fromBuffer(engine, { buffer });
 *     await trainer.step(source, labels);
 *
 * @param engine on whose device the buffer is
 * @param range the buffer, of usage STORAGE, and in bytes what part of it
 * @throws {ValueError} for a buffer without the usage STORAGE, or bytes that it does not have; for one of another device or
 *   that was destroyed by the call that reads results: a trainer is then halted
 */
export async function fromBuffer(engine: Engine, range: BufferRange): Promise<InputSource> {
  const where = 'fromBuffer';
  requireDevice(engine, where);
  const { buffer, offset, size } = requireRange(where, range);
  const pipeline = await relayoutPipeline(engine, 'scatter');
  const source: InputSource = {
    engine,
    check: checkSource,
    count(at, value) {
      const shape = value.shape.slice(1);
      const count = size / bytesOf(sizeOf(shape));
      if (Number.isInteger(count) && count > 0) return count;
      const problem = `needs ${bytesOf(sizeOf(shape))} bytes for each image of ${formatShape(shape)}`;
      throw new ShapeError(at, problem, `${size} bytes`, 'give the size of what is meant');
    },
    write({ value, view, buffer: to, offset: start }, first) {
      const { channels, plane } = pixelsOf(value);
      const images = value.shape[0] ?? 1;
      const filled = Math.max(0, Math.min(images, source.count(where, value) - first));
      const stride = value.plane ? channels : view.stride;
      const words = filled * channels * plane;
      return submitRelayout(engine, where, {
        pipeline,
        params: { count: images * plane * stride, rows: filled * plane, channels, plane, stride },
        x: { buffer, offset: offset + bytesOf(first * channels * plane), words },
        y: { buffer: to, offset: start + bytesOf(view.offset) },
      });
    },
  };
  return source;
}
