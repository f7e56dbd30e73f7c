import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { crop } from '../../../src/ops/crop';
import type { CropAttrs } from '../../../src/ops/crop_attributes';
import { CROP_COLUMNS } from '../../../src/ops/crop_table';
import { pixels } from '../../../src/ops/pixels';
import { runOp } from '../../../src/runtime/run_op';

export interface Cropped {
  /** Slots of as many words each as there are rows. */
  readonly words: readonly number[];
  readonly table: readonly number[];
  readonly attrs: CropAttrs;
}

/** What the kernel makes of pictures. */
export async function cropped(context: JobContext, { words, table, attrs }: Cropped) {
  const engine = await sharedEngine(context);
  const rows = table.length / CROP_COLUMNS;
  const x = { shape: [rows, words.length / rows], data: Uint32Array.from(words) };
  const { y } = await runOp(engine, crop, attrs, {
    inputs: { x, table: { shape: [rows, CROP_COLUMNS], data: Float32Array.from(table) } },
  });
  return y;
}

/** What `pixels` makes of one square picture. */
export async function unpacked(context: JobContext, { words, attrs }: Omit<Cropped, 'table'>) {
  const engine = await sharedEngine(context);
  const { size, ...colours } = attrs;
  const { y } = await runOp(engine, pixels, colours, {
    inputs: { x: { shape: [1, 1, size, size], data: Uint32Array.from(words) } },
  });
  return y;
}
