// Sentences about what was left out.
import { grouped } from './grouped';
import { byCodePoint } from './names';
import type { SkippedFile, SkipReason } from './picture';

/** Each goes on where `1 file` or `2 files` ends. */
const SENTENCES: Readonly<Record<SkipReason, readonly [one: string, more: string]>> = {
  other: ['is no picture', 'are no pictures'],
  beside: ['lies beside what was read', 'lie beside what was read'],
  'not a picture': ['is called a picture but is none', 'are called pictures but are none'],
  format: ['has a format that is not taken', 'have formats that are not taken'],
  corrupt: ['is damaged', 'are damaged'],
  truncated: ['is cut off', 'are cut off'],
  tiny: ['is too small', 'are too small'],
  enormous: ['is too large', 'are too large'],
  duplicate: ['repeats another', 'repeat others'],
  'two classes': ['has two classes', 'have two classes'],
  unreadable: ['cannot be read', 'cannot be read'],
  loop: ['was gone through already', 'were gone through already'],
};

/** How many a sentence names. */
const NAMED = 3;

/** One sentence for each reason: how many files, and the first of them. */
export function notesOnSkipped(skipped: readonly SkippedFile[]): string[] {
  const groups = grouped(skipped, ({ reason }) => reason);
  return Object.entries(SENTENCES).flatMap(([reason, [one, more]]) => {
    const files = groups.get(reason as SkipReason);
    if (!files) return [];
    const count = files.length === 1 ? `1 file ${one} and was` : `${files.length} files ${more} and were`;
    return [`${count} left out: ${reason === 'other' ? countKinds(files) : nameFirst(files)}`];
  });
}

/** `7 .txt, 2 .json`. */
function countKinds(files: readonly SkippedFile[]): string {
  const kinds = grouped(files, ({ file }) => /[^/]\.([^./]+)$/.exec(file)?.[1]?.toLowerCase() ?? '');
  return [...kinds]
    .sort(([a, { length: first }], [b, { length: second }]) => second - first || byCodePoint(a, b))
    .map(([kind, { length }]) => `${length} ${kind === '' ? 'without an ending' : `.${kind}`}`)
    .join(', ');
}

function nameFirst(files: readonly SkippedFile[]): string {
  const first = files.slice(0, NAMED).map(({ file, detail }) => `${file} (${detail})`);
  const rest = files.length - first.length;
  return [...first, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
