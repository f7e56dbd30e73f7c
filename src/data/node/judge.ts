// Looks into files: as few of their bytes as tell whether they are pictures to learn from.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { inspectPicture, type PictureFault } from '../inspect';
import { isCalledPicture } from '../names';
import type { PictureHeader, SkippedFile } from '../picture';
import { reasonOf, type Disk, type OpenFile } from './disk';
import type { Candidate } from './walk';

/** Bytes that nearly all headers fit into, EXIF with its thumbnail included; most small pictures do as a whole. */
const HEAD = 65536;
/** Bytes that are looked through for the end. */
const TAIL = 4096;
const CHUNK = 2 ** 20;
/** A file of more bytes than this is no picture that anyone decodes. */
const MOST_BYTES = 2 ** 30;

export type Judged = Candidate & { readonly header: PictureHeader; readonly hash?: string | undefined };

class Changed extends Error {}

/** @param hash whether another file has as many bytes, so that the two may be the same */
export async function judgeFile(
  disk: Disk,
  root: string,
  candidate: Candidate,
  hash: boolean,
): Promise<Judged | SkippedFile> {
  const { file, bytes } = candidate;
  if (bytes > MOST_BYTES) return { file, reason: 'enormous', detail: `a file of ${bytes} bytes` };
  let opened: OpenFile | undefined;
  try {
    opened = await disk.open(resolve(root, file));
    const head = await readPart(opened, 0, Math.min(HEAD, bytes));
    const header = await inspect(opened, head, bytes);
    if ('fault' in header) return skipped(file, header);
    return { ...candidate, header, hash: hash ? await hashOf(opened, head, bytes) : undefined };
  } catch (error) {
    const detail = error instanceof Changed ? 'it changed while it was read' : reasonOf(error);
    return { file, reason: 'unreadable', detail };
  } finally {
    await opened?.close().catch(() => undefined);
  }
}

/** Nobody called these pictures: they are only counted. */
const skipped = (file: string, { fault, detail }: PictureFault): SkippedFile => ({
  file,
  reason: fault === 'not a picture' && !isCalledPicture(file) ? 'other' : fault,
  detail,
});

async function inspect(
  opened: OpenFile,
  head: Uint8Array,
  size: number,
): Promise<PictureHeader | PictureFault> {
  if (head.length === size) return inspectPicture(head);
  const found = inspectPicture(head, { size, tail: head });
  // Without a picture's beginning, there is no end to look for.
  if (found && 'fault' in found && found.fault !== 'truncated') return found;
  const tail = await readPart(opened, Math.max(0, size - TAIL), Math.min(TAIL, size));
  const judged = inspectPicture(head, { size, tail });
  if (judged && !('fault' in judged)) return judged;
  // Much may stand before the size, or after the end.
  return inspectPicture(await readPart(opened, 0, size));
}

async function hashOf(opened: OpenFile, head: Uint8Array, size: number): Promise<string> {
  const hash = createHash('sha256').update(head);
  for (let at = head.length; at < size; at += CHUNK) {
    hash.update(await readPart(opened, at, Math.min(CHUNK, size - at)));
  }
  return hash.digest('base64');
}

/** @throws {Changed} if the file is shorter than it was */
async function readPart(opened: OpenFile, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const read = await opened.read(bytes.subarray(done), from + done);
    if (read === 0) throw new Changed();
    done += read;
  }
  return bytes;
}
