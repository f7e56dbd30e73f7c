import { grouped } from './grouped';
import { byCodePoint } from './names';
import type { SkippedFile } from './picture';

export interface Hashed {
  readonly file: string;
  readonly class: string;
  readonly part?: 'train' | 'heldOut' | undefined;
  /** Of its bytes; undefined where no other file has as many. */
  readonly hash?: string | undefined;
}

/**
 * Pictures to leave out because others have the same bytes: of one class all but one, that which is held out, or else the
 * first by its file; all where the same bytes are of two classes, since nobody knows which one is right.
 */
export function findDuplicates<P extends Hashed>(pictures: readonly P[]): Map<P, SkippedFile> {
  const found = new Map<P, SkippedFile>();
  const groups = grouped(pictures, ({ file, hash }) => hash ?? `file ${file}`);
  for (const group of groups.values()) {
    const [kept, ...others] = group.sort(
      (a, b) => Number(b.part === 'heldOut') - Number(a.part === 'heldOut') || byCodePoint(a.file, b.file),
    ) as [P, ...P[]];
    const other = others.find((each) => each.class !== kept.class);
    for (const each of other ? group : others) {
      const { file } = each;
      const twin = other && each.class === kept.class ? other : kept;
      found.set(
        each,
        other
          ? { file, reason: 'two classes', detail: `the same bytes as ${twin.file}, of class ${twin.class}` }
          : { file, reason: 'duplicate', detail: `the same bytes as ${twin.file}` },
      );
    }
  }
  return found;
}
