import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../core/check';
import { FormatError, ValueError } from '../../core/errors';
import { sizeOf } from '../../core/shape';
import { inspectPicture } from '../../data/inspect';
import { readSafetensors } from '../../io/safetensors';
import { printed } from '../../text/table';
import type { InspectOptions } from './options';

/** Says what a file holds, on standard output, and gives the exit code. */
export function run({ file, json }: InspectOptions): Promise<number> {
  const bytes = read(file);
  const picture = inspectPicture(bytes);
  const isOther = 'fault' in picture && picture.fault === 'not a picture';
  const found = isOther ? weights(file, bytes, picture.detail) : { kind: 'picture', ...picture };
  console.log(json ? JSON.stringify(found) : text(found));
  return Promise.resolve('fault' in found ? 1 : 0);
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(statSync(path).isDirectory() ? join(path, 'weights.safetensors') : path);
  } catch (cause) {
    const advice = 'name a file, or the folder of a run that has ended';
    throw new ValueError(path, 'cannot be read', messageOf(cause), advice, { cause });
  }
}

/** @param detail what is there in place of a picture */
function weights(file: string, bytes: Uint8Array, detail: string) {
  const { tensors, metadata } = tensorsOf(file, bytes, detail);
  const parsed = Object.entries(metadata).map(([name, value]) => [name, parse(value)] as const);
  const all = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return {
    kind: 'weights',
    metadata: Object.fromEntries(parsed) as Readonly<Record<string, unknown>>,
    numbers: all.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    tensors: all,
  };
}

function tensorsOf(file: string, bytes: Uint8Array, detail: string): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes, 'as safetensors');
  } catch (cause) {
    const problem = 'is neither a picture nor a whole safetensors file';
    throw new FormatError(file, problem, `${detail}; ${messageOf(cause)}`, undefined, { cause });
  }
}

/** Some strings of a file are JSON. */
function parse(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function text(found: ReturnType<typeof weights> | Readonly<Record<string, unknown>>): string {
  if (!('tensors' in found))
    return Object.entries(found)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join('\n');
  const { metadata, numbers, tensors } = found as ReturnType<typeof weights>;
  const lines = Object.entries(metadata).map(([name, value]) => {
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}: ${shown}`;
  });
  const columns = [
    { title: 'Tensor', align: 'left' },
    { title: 'Type', align: 'left' },
    { title: 'Shape', align: 'left' },
  ] as const;
  const rows = tensors.map(({ name, dtype, shape }) => [name, dtype, shape.join(' x ')]);
  const sum = `${tensors.length} tensors, ${numbers.toLocaleString('en')} numbers`;
  return printed([...(lines.length > 0 ? [lines.join('\n')] : []), sum, { columns, rows }]);
}
