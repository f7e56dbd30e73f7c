import type { Agreement } from './compare';
import type { Name } from './contenders';
import type { Task } from './problem';
import { adapterLine } from '../report/origin';
import type { Spread } from '../jobs/statistics';

/** One contender's figures in one task. All times in milliseconds. */
export interface Row extends Spread {
  readonly name: Name;
  readonly title: string;
  readonly version: string;
  readonly settings: string;
  /** Opening device and run-time, loading network and weights, and the first run: compiling is in one of them. */
  readonly opening: number;
  readonly loading: number;
  readonly first: number;
  readonly dispatches: number;
  /** Of GPU buffers after the second run, by the framework's own count; buffers kept from an earlier table count, too. */
  readonly bytes?: number;
  /** Of each round. */
  readonly times: readonly number[];
  /** Before the rounds; missing for the reference. */
  readonly agreement?: Agreement;
  /** Losses of all runs in order, warm-ups included: of successive steps in `train`. */
  readonly losses?: readonly number[];
}

export interface Table {
  readonly task: Task;
  readonly rows: readonly Row[];
  /** Contenders that cannot do it, and why. */
  readonly absent: readonly { readonly title: string; readonly reason: string }[];
}

export interface Result {
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
  readonly browser: string;
  readonly adapter: string;
  /** True if the adapter computes on the CPU: then no figure here is a GPU's. */
  readonly software: boolean;
  readonly machine: string;
  readonly batch: number;
  readonly size: number;
  readonly rounds: number;
  readonly warmups: number;
  readonly tables: readonly Table[];
}

export const TITLES: Readonly<Record<Task, string>> = {
  forward: 'Forward, main classifier only',
  train: 'Training step: auxiliary classifiers, SGD with momentum',
  gradients: 'Loss and gradients of all weights, main classifier only',
};

/** How often ours fits into a contender's median; undefined without ours. */
export function timesOurs(table: Table, row: Row): number | undefined {
  const ours = table.rows.find(({ name }) => name === 'ours');
  return ours && row.median / ours.median;
}

/** To the minute. */
export const dateOf = ({ date }: Result): string => `${date.slice(0, 16).replace('T', ' ')} UTC`;

/** Of the figures, in words. */
export const measuredIn = ({ batch, size, rounds }: Result): string =>
  `batch ${batch}, ${size}x${size}, median of ${rounds} alternating rounds (10th and 90th percentile)`;

/** The circumstances, without which no figure may stand: for the foot of tables. */
export function circumstances(result: Result): string[] {
  const { adapter: name, software, browser, machine, command } = result;
  return [
    adapterLine({ name, software }),
    `${browser}, ${machine}, ${dateOf(result)}`,
    measuredIn(result),
    command,
  ];
}
