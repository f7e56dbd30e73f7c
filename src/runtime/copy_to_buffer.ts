import type { Value } from '../core/op';
import { requireObject } from '../core/check';
import { bytesOf } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { ROWS, orderOf } from '../core/order';
import { sizeOf } from '../core/shape';
import { requireRange } from './from_buffer';
import type { PlannedProgram } from './planned_program';
import { pixelsOf, relayoutPipeline, submitRelayout, type BufferRange } from './relayout';

/**
 * Copies a value that a program keeps, an input or an output, into a buffer of yours, in PyTorch's order and without gaps: what
 * `program.read` would give. It stays on the GPU; work that you submit once this resolves sees it.
 *
 *     await copyToBuffer(program, 'inception4a', { buffer }); // usage STORAGE
 *
 * @param program that ran
 * @param name of an input, or of a value that is kept
 * @param to a buffer of usage STORAGE on the program's device, and from where on, in bytes
 * @throws {ValueError} for a value whose memory was used again, weights, or a buffer that is not fit; {ShapeError} for one that
 *   is too short
 */
export async function copyToBuffer(
  program: PlannedProgram,
  name: string | Value,
  to: BufferRange,
): Promise<void> {
  const where = 'copyToBuffer';
  requireObject(where, 'the program', program, ['graph', 'plan', 'range']);
  const { graph, engine } = program;
  const value = typeof name === 'string' ? graph.value(name) : name;
  const y = requireRange(where, to);
  await program.written();
  const { buffer, offset, stride, plane, shape } = program.range(value);
  if (orderOf(value) !== ROWS)
    throw new ValueError(where, `${value.label} lies as ${orderOf(value).name}`, undefined, 'read it');
  const count = sizeOf(shape);
  if (y.size < bytesOf(count))
    throw new ShapeError(where, `the buffer needs ${bytesOf(count)} bytes`, `${y.size} from ${y.offset} on`);
  const pipeline = await relayoutPipeline(engine, 'gather');
  const pixels = pixelsOf({ shape, dtype: value.dtype, ...(plane && { plane }) });
  const rows = count / pixels.channels;
  const words = (rows - 1) * stride + pixels.channels;
  const params = { count, rows, ...pixels, stride };
  await submitRelayout(engine, where, { pipeline, params, x: { buffer, offset, words }, y });
}
