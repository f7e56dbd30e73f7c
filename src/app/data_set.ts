import type { Engine } from '../gpu/engine';
import type { Batches } from '../train/fit';
import type { Images } from '../train/check';
import type { Rgb } from '../lowering/colours';
import type { RunSettings } from '../train/presets';

/** A small view of a picture: the bytes R, G and B of each pixel, row by row. */
export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What a run spends on its pictures. */
export interface Feeding {
  /** Seconds that steps waited for pictures. */
  readonly waited: number;
  /** Pictures that were decoded, and taken from the cache. */
  readonly decoded: number;
  readonly cached: number;
}

/** What a run learns from, and what it is judged by. */
export interface DataSet {
  /** In the metadata of the weights. */
  readonly name: string;
  readonly classes: readonly string[];
  /** How colours, as shares of 255, are normalised. */
  readonly colours: { readonly mean: Rgb; readonly deviation: Rgb };
  /** Where the time went that its pictures took; undefined where it took none. */
  readonly feeding?: Feeding;
  /** Pictures to learn from, and how many are of each class. */
  readonly count: number;
  readonly counts: readonly number[];
  /** Classes of the pictures that judge the network, in the order in which they come. */
  judged(settings: RunSettings): readonly number[];
  /** All of one size. @param at from the list that `judged` gives */
  thumbnail(settings: RunSettings, at: number): Promise<Thumbnail>;
  /** What an engine is fed with; it is destroyed before the engine is. */
  feed(engine: Engine, settings: RunSettings): Promise<Feed>;
}

/** Images that judge a network. */
export interface JudgedImages {
  /** Undefined where none can be decoded. */
  readonly images: Images | undefined;
  /** The place of each in the list that `judged` of the data set gives: those that cannot be decoded are left out. */
  readonly at: readonly number[];
}

/** Images for one engine. */
export interface Feed {
  /** Batches without end; the first `done` are left out. */
  batches(done: number): Batches;
  /** Images that judge the network, from one on, so many. */
  judged(from: number, count: number): Promise<JudgedImages>;
  destroy(): void;
}

/** How many of the labels are of each class. */
export function countsOf(classes: number, labels: Iterable<number>): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
