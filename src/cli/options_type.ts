import type { PageOptions } from '../app/events';
import type { JudgingOptions } from '../app/judging_options';
import type { Wishes } from '../train/presets';

/** One that is undefined was left out. */
export interface Options extends Partial<
  Pick<PageOptions, 'profile' | 'tune' | 'memory' | 'checkpointEvery' | 'findRate' | 'dumpBatch'>
> {
  readonly wishes: Wishes;
  /** Output folder; default: one named after the date. */
  readonly out?: string | undefined;
  /** That folder may hold another run, which is then removed, or other files, which stay. */
  readonly overwrite?: boolean | undefined;
  /** The browser's executable; default: one is found or installed. */
  readonly browser?: string | undefined;
  readonly headed: boolean;
  /** Who computes: a browser, or Dawn in this process; default: what is there, in this order. */
  readonly host?: 'chrome' | 'node' | undefined;
  /** What to learn, where it is not digits: a folder or list of pictures. */
  readonly pictures?: string | undefined;
  /** When held-out pictures judge it while it trains. */
  readonly judging: Omit<JudgingOptions, 'share'> & { readonly share?: number | undefined };
  /** Bytes of decoded pictures that are kept. */
  readonly cache: number;
  /** Prints the result as a line of JSON, and all else on standard error. */
  readonly json: boolean;
  /** Prints no progress. */
  readonly quiet: boolean;
  /** A run's folder to go on in, and what was asked for beside it. */
  readonly resume?: { readonly folder: string; readonly wishes: Partial<Wishes> } | undefined;
}
