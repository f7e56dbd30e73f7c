import { messageOf } from '../core/check';
import { EngineError } from '../core/errors';
import { permutation } from '../core/random';
import { augment } from '../data/augment';
import { centreCrop } from '../data/centre_crop';
import { evaluationCrops, type CropCount } from '../data/evaluation_crops';
import type { CropNumbers } from '../data/crop_numbers';
import { cropOnCpu } from '../data/crop_on_cpu';
import { Cropper } from '../train/cropper';
import { loadAhead, type Ahead } from '../data/ahead';
import { mixedTargets, mixUp } from '../data/mix_up';
import type { DecodedPicture } from '../data/picture';
import { PictureCache } from '../data/cache';
import type { Recipe } from '../data/recipe';
import { turns } from '../data/turns';
import type { Engine } from '../gpu/engine';
import { cursorOf, turnsFrom } from '../train/epochs';
import type { Batch } from '../train/fit';
import type { Augmentation, RunSettings } from '../train/presets';
import { countsOf, type DataSet, type Feed, type Feeding, type Thumbnail } from './data_set';

/** Pictures as a page knows them: by their numbers, without their files. */
export interface NumberedPictures {
  readonly classes: readonly string[];
  /** The class of each picture. */
  readonly labels: readonly number[];
  /** Numbers of those to learn from, and of those that judge the network. */
  readonly train: readonly number[];
  readonly heldOut: readonly number[];
}

/** Told of a picture that cannot be decoded; `instead`: another of its class takes its place. */
export type OnUnusable = (index: number, reason: string, instead: boolean) => void;

/** Gives a picture by its number, scaled down until its shorter side has so many pixels at most. */
export type LoadPicture = (index: number, shorterSide: number) => Promise<DecodedPicture>;

/** Of ImageNet's pictures, as most published weights have it. */
export const COLOURS = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** A picture's number, and how often all have been gone through. */
interface Turn {
  readonly epoch: number;
  readonly index: number;
}

/** Decoded pictures that wait for their batch: so many batches; and decoders at work. */
const AHEAD = { batches: 2, decoders: 4 };
/** Fixed, so that every run, whatever its own seed, is judged in the same order. */
const HELD_OUT_SEED = 20140917;
/** Pictures that cannot be decoded of which it is told: where a whole folder has gone, one need not read of each. */
const TOLD = 10;
/** Side of a thumbnail, in pixels. */
const SMALL = 56;

const RECIPES: Readonly<Record<Augmentation, Recipe | undefined>> = {
  none: undefined,
  mirror: { area: false, aspect: false, interpolation: 'area', brightness: 0, contrast: 0, saturation: 0 },
  paper: {},
};

/** The part of a picture that judges a network: the centre; all of one that is no larger than the images. */
export const judgedCrop = (picture: DecodedPicture, size: number): CropNumbers =>
  centreCrop(picture, Math.min(picture.width, picture.height) <= size ? { share: 1 } : {});

/** The parts of a picture whose mean counts, where it may take longer. */
export const judgedCrops = (picture: DecodedPicture, size: number, count: CropCount): CropNumbers[] =>
  count === 1 ? [judgedCrop(picture, size)] : evaluationCrops(picture, count);

/** Why a picture cannot be decoded: an error's message without the picture's number. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof EngineError)) return messageOf(error);
  const { problem, got } = error;
  return got === undefined ? problem : `${problem}; got ${got}`;
}

/** Pictures of somebody's own. */
export class PictureData implements DataSet {
  readonly name = 'pictures';
  readonly colours = COLOURS;
  readonly classes: readonly string[];
  readonly count: number;
  readonly counts: readonly number[];
  readonly #set: NumberedPictures;
  readonly #load: LoadPicture;
  readonly #cache: PictureCache;
  /** In an order that mixes classes: the first of them stand for all. */
  readonly #heldOut: readonly number[];
  readonly #past = { waited: 0, decoded: 0, cached: 0 };
  readonly #onUnusable: OnUnusable;
  /** Pictures that could not be decoded, and why. */
  readonly #unusable = new Map<number, string>();
  #under: Ahead | undefined;

  /**
   * @param cacheBytes of decoded pictures that are kept
   * @param onUnusable told once of each picture, and of a few at most
   */
  constructor(
    set: NumberedPictures,
    load: LoadPicture,
    cacheBytes: number,
    onUnusable: OnUnusable = () => undefined,
  ) {
    this.#onUnusable = onUnusable;
    this.classes = set.classes;
    this.count = set.train.length;
    this.counts = countsOf(
      set.classes.length,
      set.train.map((index) => set.labels[index] ?? -1),
    );
    this.#set = set;
    // A whole batch of photographs at once would take gigabytes.
    const turn = turns(AHEAD.decoders);
    this.#load = (index, shorterSide) => turn(() => load(index, shorterSide));
    this.#cache = new PictureCache(cacheBytes);
    const order = permutation(set.heldOut.length, HELD_OUT_SEED, 'held-out');
    this.#heldOut = Array.from(order, (place) => set.heldOut[place] ?? 0);
  }

  /** So far. */
  get feeding(): Feeding {
    const { waited = 0, decoded = 0, cacheHits = 0 } = this.#under?.counters ?? {};
    const past = this.#past;
    return {
      waited: past.waited + waited,
      decoded: past.decoded + decoded,
      cached: past.cached + cacheHits,
    };
  }

  judged(): readonly number[] {
    const { labels } = this.#set;
    return this.#heldOut.map((index) => labels[index] ?? -1);
  }

  async thumbnail({ size }: RunSettings, at: number): Promise<Thumbnail> {
    const picture = await this.#decoded(this.#heldOut[at] ?? 0, size).catch(() => undefined);
    const data = new Uint8Array(3 * SMALL * SMALL);
    const area = SMALL * SMALL;
    const plane = picture && cropOnCpu(picture.data, judgedCrop(picture, size), { size: SMALL });
    plane?.forEach((share, place) => {
      data[3 * (place % area) + Math.floor(place / area)] = Math.round(255 * share);
    });
    return { width: SMALL, height: SMALL, data };
  }

  async feed(engine: Engine, settings: RunSettings): Promise<Feed> {
    const { size } = settings;
    const cropper = await Cropper.create(engine, { size, ...COLOURS });
    return {
      batches: (done) => this.#batches(cropper, settings, done),
      judged: async (from, count) => {
        const chosen = this.#heldOut.slice(from, from + count);
        const loaded = await Promise.all(
          chosen.map((index) =>
            this.#decoded(index, size).catch((error: unknown) => this.#tell(index, error, false)),
          ),
        );
        const pictures = loaded.filter((picture) => picture !== undefined);
        const crops = pictures.map((each) => judgedCrop(each, size));
        const at = loaded.flatMap((picture, row) => (picture ? [from + row] : []));
        return { images: pictures.length > 0 ? cropper.images(pictures, crops) : undefined, at };
      },
      destroy: () => cropper.destroy(),
    };
  }

  /** Crops of less than half the picture would be enlarged; hence twice the images' side. */
  async #decoded(index: number, size: number): Promise<DecodedPicture> {
    const kept = this.#cache.get(index);
    if (kept) return kept;
    const picture = await this.#load(index, 2 * size);
    this.#cache.set(index, picture);
    return picture;
  }

  /**
   * A picture to learn from, or in place of one that cannot be decoded the next of its class that can: so a run goes on the
   * same way, wherever it was interrupted.
   * @throws {EngineError} if there is none of its class
   */
  async #usable(index: number, size: number): Promise<DecodedPicture> {
    const { train, labels, classes } = this.#set;
    const attempt = async (each: number): Promise<DecodedPicture | undefined> => {
      if (this.#unusable.has(each)) return undefined;
      return this.#load(each, 2 * size).catch((error: unknown) => this.#tell(each, error, true));
    };
    const own = await attempt(index);
    if (own) return own;
    const place = train.indexOf(index);
    for (const each of [...train.slice(place + 1), ...train.slice(0, place)]) {
      const other = labels[each] === labels[index] && (await attempt(each));
      if (other) return other;
    }
    const problem = `none of the class ${classes[labels[index] ?? -1] ?? ''} can be decoded any more`;
    const reason = this.#unusable.get(index)?.replace('; got ', ': ');
    throw new EngineError('pictures', problem, reason, 'put them back, then start again or --resume');
  }

  #tell(index: number, error: unknown, instead: boolean): undefined {
    if (this.#unusable.has(index)) return undefined;
    const reason = reasonOf(error);
    this.#unusable.set(index, reason);
    if (this.#unusable.size <= TOLD) this.#onUnusable(index, reason, instead);
    return undefined;
  }

  async *#batches(cropper: Cropper, settings: RunSettings, done: number): AsyncGenerator<Batch> {
    const { size, seed, batch, augment: how = 'none', mixUp: alpha } = settings;
    const recipe = RECIPES[how];
    const { labels, train } = this.#set;
    // What is asked for ahead, in the order in which it comes.
    const under: Turn[] = [];
    const turns = turnsFrom(cursorOf(train.length, batch, done), train.length, seed);
    const indices = (function* () {
      for (const { epoch, place } of turns) {
        const index = train[place] ?? 0;
        under.push({ epoch, index });
        yield index;
      }
    })();
    const pictures = loadAhead(indices, (index) => this.#usable(index, size), {
      ahead: AHEAD.batches * batch,
      concurrency: AHEAD.decoders,
      cache: this.#cache,
    });
    Object.assign(this.#past, this.feeding);
    // What looked ahead for the batches before goes no further.
    void this.#under?.return?.();
    this.#under = pictures;
    let [images, crops, chosen] = [[] as DecodedPicture[], [] as CropNumbers[], [] as number[]];
    let mixed: Turn[] = [];
    for await (const { index, picture } of pictures) {
      const turn = under.shift() as Turn;
      images.push(picture);
      crops.push(recipe ? augment(picture, { seed, ...turn, recipe }) : judgedCrop(picture, size));
      chosen.push(labels[index] ?? -1);
      mixed.push(turn);
      if (images.length < batch) continue;
      if (alpha === undefined) yield { images: cropper.images(images, crops), labels: chosen };
      else {
        const both = mixUp(crops, { alpha, seed, turns: mixed });
        const targets = mixedTargets(chosen, both, this.classes.length);
        yield { images: cropper.images(images, both), labels: targets };
      }
      [images, crops, chosen, mixed] = [[], [], [], []];
    }
  }
}
