// The pictures that a command line names.
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../core/check';
import { ValueError } from '../../core/errors';
import { inspectPicture } from '../../data/inspect';

/** One picture to be classified. */
export interface PictureInput {
  /** As it was named; `-` is standard input. */
  readonly file: string;
  readonly bytes: () => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Files, and what standard input brings in place of `-`: one picture, or paths, a line each.
 * @throws {ValueError} if standard input brings nothing, or comes twice
 */
export async function picturesFrom(named: readonly string[]): Promise<PictureInput[]> {
  if (named.filter((file) => file === '-').length > 1)
    throw new ValueError('-', 'standard input can be read once only', undefined, 'name it once');
  const found = await Promise.all(
    named.map((file) => (file === '-' ? fromInput() : Promise.resolve([fromFile(file)]))),
  );
  return found.flat();
}

const fromFile = (file: string): PictureInput => ({
  file,
  bytes: () =>
    readFile(file).catch((cause: unknown) => {
      throw new ValueError(file, 'cannot be read', messageOf(cause), 'check the path', { cause });
    }),
});

async function fromInput(): Promise<PictureInput[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (!('fault' in inspectPicture(bytes)) || bytes.includes(0))
    return [{ file: '-', bytes: () => Promise.resolve(new Uint8Array(bytes)) }];
  const lines = bytes.toString().split(/\r?\n/);
  const paths = lines.filter((line) => line.trim() !== '');
  const advice = 'give paths, a line each, or one picture';
  if (paths.length === 0) throw new ValueError('-', 'standard input is empty', undefined, advice);
  return paths.map(fromFile);
}
