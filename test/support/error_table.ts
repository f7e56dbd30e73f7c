// Largest errors of each op's tensors, kept for each host, so that two adapters can stand side by side.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { table, type Column } from '../../src/text/table';
import type { Distance } from './compare';
import type { Tolerance } from '../../src/ops/cases/support/op_case';
import { decode, encode } from './wire';

const HOSTS = ['chrome', 'node'] as const;
export type HostName = (typeof HOSTS)[number];

const FOLDER = 'runs/errors';
const pathOf = (host: HostName): string => `${FOLDER}/${host}.json`;

const LEGEND = `
error    largest difference from float64 loops / largest value of the tensor; 0: equal
NMSE     sum of squared differences / sum of squares
allowed  the bound of the tests for the column before`;

interface Largest {
  readonly cases: number;
  readonly relative: number;
  readonly nmse: number;
  /** The bounds of `relative` and `nmse`. */
  readonly tolerance: Tolerance;
}

/** What computed: an adapter, and what it was reached by. */
export interface HostNames {
  readonly adapter: string;
  readonly runtime: string;
}

interface HostErrors extends HostNames {
  readonly date: string;
  readonly tensors: Readonly<Record<string, Largest>>;
}

export class ErrorTable {
  /** By op and tensor. */
  readonly #worst = new Map<string, Largest>();

  add(tensor: string, { relative, nmse }: Distance, tolerance: Tolerance): void {
    const before = this.#worst.get(tensor) ?? { cases: 0, relative: 0, nmse: 0, tolerance };
    this.#worst.set(tensor, {
      cases: before.cases + 1,
      relative: Math.max(before.relative, relative),
      nmse: Math.max(before.nmse, nmse),
      tolerance: {
        relative: Math.max(before.tolerance.relative, tolerance.relative),
        nmse: Math.max(before.tolerance.nmse, tolerance.nmse),
      },
    });
  }

  /** Keeps the figures of this host for `errorText`. */
  keep(host: HostName, names: HostNames): void {
    const errors: HostErrors = {
      ...names,
      date: new Date().toISOString(),
      tensors: Object.fromEntries(this.#worst),
    };
    mkdirSync(FOLDER, { recursive: true });
    // An error may be infinite, which JSON does not know.
    writeFileSync(pathOf(host), `${encode(errors)}\n`);
  }
}

/** So that no earlier run's figures stand beside new ones. */
export const forgetErrors = (): void => rmSync(FOLDER, { recursive: true, force: true });

/** What the last run of test/ops/ops.test.ts left on these hosts, side by side. */
export function errorText(hosts: readonly HostName[] = HOSTS): string {
  const found = hosts
    .filter((host) => existsSync(pathOf(host)))
    .map((host) => decode(readFileSync(pathOf(host), 'utf8')) as HostErrors);
  const rows = [...new Set(found.flatMap(({ tensors }) => Object.keys(tensors)))];
  const of = (name: string): Largest | undefined => found.map(({ tensors }) => tensors[name]).find(Boolean);
  const column = (title: string, cell: (name: string) => string): Column<string> => ({ title, of: cell });
  const columns: Column<string>[] = [
    { title: 'op', align: 'left', of: (name) => name.split(' ')[0] ?? '' },
    { title: 'tensor', align: 'left', of: (name) => name.split(' ')[1] ?? '' },
    column('cases', (name) => [...new Set(found.map(({ tensors }) => tensors[name]?.cases ?? 0))].join(', ')),
    ...found.map(({ tensors }, index) =>
      column(`error ${letter(index)}`, (name) => figure(tensors[name]?.relative)),
    ),
    column('allowed', (name) => figure(of(name)?.tolerance.relative)),
    ...found.map(({ tensors }, index) =>
      column(`NMSE ${letter(index)}`, (name) => figure(tensors[name]?.nmse)),
    ),
    column('allowed', (name) => figure(of(name)?.tolerance.nmse)),
  ];
  const legend = found.map(
    ({ adapter, runtime, date }, index) => `${letter(index)}        ${adapter}; ${runtime}; ${date}`,
  );
  return [table(columns, rows), LEGEND, ...legend].join('\n');
}

const letter = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

/** Two digits say how near to a bound. */
const figure = (value: number | undefined): string =>
  value === undefined ? '-' : value === 0 ? '0' : value.toExponential(1);
