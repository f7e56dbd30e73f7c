import type { OpCase } from './op_case';
import type { OpTable } from './op_table';

const files = import.meta.glob<{ readonly tables: readonly OpTable[] }>('../*.ts', { eager: true });

/** The tables by file, which is the op's name. */
export const FILES: Readonly<Record<string, readonly OpTable[]>> = Object.fromEntries(
  Object.entries(files).map(([path, { tables }]) => [path.slice('../'.length, -'.ts'.length), tables]),
);

/** The tables of all ops. Whatever lies in src/ops/cases is here: there is no list to add to. */
export const TABLES: readonly OpTable[] = Object.values(FILES).flat();

export const CASES: readonly OpCase[] = TABLES.flatMap(({ cases }) => cases);

/** @throws Error if no case has this name */
export function caseNamed(name: string): OpCase {
  const found = CASES.find((each) => each.name === name);
  if (!found) throw new Error(`src/ops/cases: no case of this name; got ${name}`);
  return found;
}
