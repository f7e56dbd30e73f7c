import { requireFunction } from '../core/check';
import { AbortError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { PictureCache } from './cache';
import type { DecodedPicture } from './picture';
import { turns } from './turns';

/** How far `loadAhead` looks ahead. */
export interface AheadOptions {
  /** Pictures that are decoded, or on their way, beside the one that was handed out last. Default 16. */
  readonly ahead?: number;
  /** Pictures that are decoded at once. Default 4. */
  readonly concurrency?: number;
  /** Asked first, and given what was decoded. Default: none. */
  readonly cache?: PictureCache;
  readonly signal?: AbortSignal;
}

const AHEAD: Rules<AheadOptions> = {
  ahead: is.whole(1, 65536),
  concurrency: is.whole(1, 1024),
  cache: is.having('get', 'set'),
  signal: is.having('aborted', 'addEventListener'),
};

/** A picture that was decoded, and its index. */
export interface LoadedPicture {
  readonly index: number;
  readonly picture: DecodedPicture;
}

/** What looking ahead has cost so far. */
export interface AheadCounters {
  /** Seconds that the consumer waited for pictures. */
  readonly waited: number;
  /** Pictures that were decoded, those that nobody took included. */
  readonly decoded: number;
  /** Pictures that the cache had. */
  readonly cacheHits: number;
}

/** To be gone through once, by `for await`. */
export interface Ahead extends AsyncIterableIterator<LoadedPicture, undefined> {
  readonly counters: AheadCounters;
}

/**
 * Gives pictures in the order of `indices` while those that follow are decoded. It begins with the first that is asked for. An
 * error of a picture surfaces in that picture's place, after those before it, and ends the iteration; so does leaving the
 * loop. What is then under way is told so by its signal, and nothing new begins.
 *
 *     for await (const { index, picture } of loadAhead(order, (index) => loadPicture(set, index, { shorterSide: 256 }))) ...
 *
 * @param indices may go on for ever: they are asked for one at a time
 * @param decode gets an index, and a signal that fires when the iteration ends
 * @throws {ValueError} for wrong options; from the iteration whatever `decode` throws, and {AbortError} once `signal` fires
 */
export function loadAhead(
  indices: Iterable<number>,
  decode: (index: number, signal: AbortSignal) => Promise<DecodedPicture>,
  options: AheadOptions = {},
): Ahead {
  is.iterable('loadAhead', 'indices', indices);
  requireFunction('loadAhead', 'decode', decode);
  checkOptions('loadAhead', options, AHEAD);
  const counters = { waited: 0, decoded: 0, cacheHits: 0 };
  return Object.assign(iterate(indices, decode, options, counters), { counters });
}

type Counters = { -readonly [K in keyof AheadCounters]: number };

async function* iterate(
  indices: Iterable<number>,
  decode: (index: number, signal: AbortSignal) => Promise<DecodedPicture>,
  { ahead = 16, concurrency = 4, cache, signal }: AheadOptions,
  counters: Counters,
): AsyncGenerator<LoadedPicture, undefined> {
  const end = new AbortController();
  const turn = turns(concurrency);
  const load = async (index: number): Promise<LoadedPicture> => {
    const kept = cache?.get(index);
    if (kept) {
      counters.cacheHits++;
      return { index, picture: kept };
    }
    const picture = await turn(() => {
      end.signal.throwIfAborted();
      return decode(index, end.signal);
    });
    counters.decoded++;
    cache?.set(index, picture);
    return { index, picture };
  };
  const source = indices[Symbol.iterator]();
  const loading: Promise<LoadedPicture>[] = [];
  const fill = (): void => {
    while (loading.length < ahead) {
      const next = source.next();
      if (next.done) return;
      const loaded = load(next.value);
      // Whoever comes to its place hears of its failure.
      loaded.catch(() => undefined);
      loading.push(loaded);
    }
  };
  try {
    fill();
    for (let next = loading.shift(); next; next = loading.shift()) {
      const start = performance.now();
      const loaded = await unlessAborted(next, signal);
      counters.waited += (performance.now() - start) / 1000;
      fill();
      yield loaded;
    }
    return undefined;
  } finally {
    end.abort();
    source.return?.();
  }
}

/** No `Promise.race`: with a promise that lasts, it would keep every picture. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new AbortError('loadAhead', 'stopped by the caller'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
