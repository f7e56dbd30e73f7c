import { Cropper } from '../train/cropper';
import type { CropNumbers } from '../data/crop_numbers';
import type { CropCount } from '../data/evaluation_crops';
import type { DecodedPicture } from '../data/picture';
import { turns } from '../data/turns';
import type { Engine } from '../gpu/engine';
import { Classifier, likeliest } from '../train/classifier';
import type { ClassifyEvent } from './events';
import { cardOf, loadNetwork } from './load_network';
import { judgedCrops, reasonOf, type LoadPicture } from './picture_data';

/** Pictures that are decoded at once. */
const DECODERS = 4;
/** Most images at once: 144 crops are four times as many. */
const BATCH = 36;

export interface ClassifyRunOptions {
  readonly open: () => Promise<Engine>;
  /** A weights file with a card. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** The class of each picture; -1 where nobody knows it. */
  readonly labels: readonly number[];
  /** Likeliest classes that are told of each. */
  readonly top: number;
  /** Parts of each whose mean counts. */
  readonly crops: CropCount;
  readonly load: LoadPicture;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ClassifyEvent) => void | Promise<void>;
}

/**
 * Classifies pictures with the weights of a run: the centre of each, as training judged them, or the mean over more crops.
 * @throws {ValueError} if the weights lack tensors of the network; what the engine throws
 */
export async function classifyRun(run: ClassifyRunOptions): Promise<void> {
  const { labels, load, onEvent, signal } = run;
  const start = performance.now();
  const since = (from: number): number => (performance.now() - from) / 1000;
  const engine = await run.open();
  const device = since(start);
  try {
    const card = cardOf(run.weights);
    const { classes, size, mean, deviation } = card;
    const together = Math.min(labels.length, Math.max(1, Math.floor(BATCH / run.crops)));
    const batch = Math.min(BATCH, together * run.crops);
    const net = await loadNetwork(engine, card, run.weights, batch);
    const { graph, images, scores2, parameters } = net;
    const compiling = performance.now();
    const classifier = await Classifier.create(engine, { graph, images, scores: scores2, parameters });
    const cropper = await Cropper.create(engine, { size, mean, deviation });
    const seconds = { device, weights: since(start) - device - since(compiling), compile: since(compiling) };
    await onEvent({ kind: 'opened', adapter: engine.adapterName, seconds });
    const top = Math.min(run.top, classes.length);
    const turn = turns(DECODERS);
    for (let from = 0; from < labels.length && !signal.aborted; from += together) {
      const numbers = Array.from({ length: Math.min(together, labels.length - from) }, (_, at) => from + at);
      const loaded = await Promise.all(numbers.map((index) => turn(() => attempt(load, index, 2 * size))));
      const faults = loaded.flatMap(({ index, fault }) =>
        fault === undefined ? [] : [{ index, top: [], fault }],
      );
      const whole = loaded.flatMap(({ index, picture }) => (picture ? [{ index, picture }] : []));
      if (whole.length > 0) {
        const views = whole.map(({ picture }) => ({ picture, crops: judgedCrops(picture, size, run.crops) }));
        const means = await meansOf(classifier, cropper, views);
        const answers = whole.map(({ index }, row) => {
          const [label, mean] = [labels[index] ?? -1, means[row] as Float64Array];
          return {
            index,
            top: likeliest(mean, top),
            ...(label >= 0 && { probability: mean[label] ?? 0 }),
          };
        });
        await onEvent({ kind: 'answers', answers });
      }
      if (faults.length > 0) await onEvent({ kind: 'answers', answers: faults });
    }
  } finally {
    engine.destroy();
  }
}

interface View {
  readonly picture: DecodedPicture;
  readonly crops: readonly CropNumbers[];
}

/** For each picture the probabilities of all classes, the mean over its crops. */
async function meansOf(
  classifier: Classifier,
  cropper: Cropper,
  views: readonly View[],
): Promise<Float64Array[]> {
  const { batch, classes } = classifier;
  const means = views.map(() => new Float64Array(classes));
  const rows = views.flatMap(({ picture, crops }, at) => crops.map((crop) => ({ at, picture, crop })));
  for (let from = 0; from < rows.length; from += batch) {
    const part = rows.slice(from, from + batch);
    const source = cropper.images(
      part.map(({ picture }) => picture),
      part.map(({ crop }) => crop),
    );
    const { probabilities } = await classifier.run(source);
    part.forEach(({ at }, row) => {
      const [mean, share] = [means[at] as Float64Array, 1 / (views[at] as View).crops.length];
      for (let each = 0; each < classes; each++)
        mean[each] = (mean[each] ?? 0) + share * (probabilities[row * classes + each] ?? 0);
    });
  }
  return means;
}

interface Loaded {
  readonly index: number;
  readonly picture?: DecodedPicture;
  readonly fault?: string;
}

async function attempt(load: LoadPicture, index: number, shorterSide: number): Promise<Loaded> {
  try {
    return { index, picture: await load(index, shorterSide) };
  } catch (error) {
    return { index, fault: reasonOf(error) };
  }
}
