// Largest errors of each op's tensors, kept for each host, so that two adapters can stand side by side.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { table, type Column } from '../../src/core/table';
import type { Distance } from './compare';

const HOSTS = ['chrome', 'node'] as const;
type Host = (typeof HOSTS)[number];

const FOLDER = 'runs/errors';

interface Largest {
  readonly cases: number;
  readonly relative: number;
  readonly nmse: number;
}

/** By op and tensor. */
interface HostErrors {
  readonly date: string;
  readonly tensors: Readonly<Record<string, Largest>>;
}

export class ErrorTable {
  readonly #worst = new Map<string, Largest>();

  add(tensor: string, { relative, nmse }: Distance): void {
    const before = this.#worst.get(tensor) ?? { cases: 0, relative: 0, nmse: 0 };
    this.#worst.set(tensor, {
      cases: before.cases + 1,
      relative: Math.max(before.relative, relative),
      nmse: Math.max(before.nmse, nmse),
    });
  }

  /** Keeps the figures of this host for `printErrors`. */
  keep(host: Host): void {
    const errors: HostErrors = {
      date: new Date().toISOString(),
      tensors: Object.fromEntries(this.#worst),
    };
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/${host}.json`, `${JSON.stringify(errors, undefined, 2)}\n`);
  }
}

/** Prints what each host's last run of test/ops/ops.test.ts left, side by side. */
export function printErrors(): void {
  const found = HOSTS.flatMap((host) => {
    try {
      return [{ host, ...(JSON.parse(readFileSync(`${FOLDER}/${host}.json`, 'utf8')) as HostErrors) }];
    } catch {
      return [];
    }
  });
  const names = [...new Set(found.flatMap(({ tensors }) => Object.keys(tensors)))];
  const figure = (number: number | undefined): string => number?.toExponential(1) ?? '-';
  const columns: Column<string>[] = [
    { title: 'op and tensor', align: 'left', of: (name) => name },
    ...found.flatMap(({ host, tensors }): Column<string>[] => [
      { title: `${host}: cases`, of: (name) => `${tensors[name]?.cases ?? 0}` },
      { title: 'largest error / largest value', of: (name) => figure(tensors[name]?.relative) },
      { title: 'NMSE', of: (name) => figure(tensors[name]?.nmse) },
    ]),
  ];
  console.log(table(columns, names));
  for (const { host, date } of found) console.log(`${host}: run of ${date}`);
}
