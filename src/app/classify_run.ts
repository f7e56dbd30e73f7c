import { ValueError } from '../core/errors';
import { Cropper } from '../train/cropper';
import type { DecodedPicture } from '../data/picture';
import { turns } from '../data/turns';
import type { Engine } from '../gpu/engine';
import { readSafetensors } from '../io/safetensors';
import { loadWeights } from '../io/weights';
import { googlenet } from '../models/googlenet';
import { Parameters } from '../runtime/parameters';
import { Classifier } from '../train/classifier';
import type { ClassifyEvent } from './events';
import { readCard } from './model_card';
import { judgedCrop, reasonOf, type LoadPicture } from './picture_data';

/** Pictures that are decoded at once. */
const DECODERS = 4;
/** Most pictures at once. */
const BATCH = 32;

export interface ClassifyRunOptions {
  readonly open: () => Promise<Engine>;
  /** A weights file with a card. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** The class of each picture; -1 where nobody knows it. */
  readonly labels: readonly number[];
  /** Likeliest classes that are told of each. */
  readonly top: number;
  readonly load: LoadPicture;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ClassifyEvent) => void | Promise<void>;
}

/**
 * Classifies pictures with the weights of a run: the centre of each, as training judged them.
 * @throws {ValueError} if the weights lack tensors of the network; what the engine throws
 */
export async function classifyRun(run: ClassifyRunOptions): Promise<void> {
  const { labels, load, onEvent, signal } = run;
  const start = performance.now();
  const since = (from: number): number => (performance.now() - from) / 1000;
  const engine = await run.open();
  const device = since(start);
  try {
    const { classes, size, width, mean, deviation } = readCard(
      'weights',
      readSafetensors(run.weights).metadata,
    );
    const batch = Math.min(BATCH, labels.length);
    const net = googlenet({ classes: classes.length, batch, inputSize: size, width, aux: false });
    const { graph, images, scores2 } = net;
    const parameters = await Parameters.create(engine, graph);
    const { missing, otherShape } = await loadWeights(parameters, run.weights, { match: 'some' });
    const [lacking] = [...missing, ...otherShape];
    if (lacking !== undefined) throw new ValueError('weights', 'lack a tensor of the network', lacking);
    const compiling = performance.now();
    const classifier = await Classifier.create(engine, { graph, images, scores: scores2, parameters });
    const cropper = await Cropper.create(engine, { size, mean, deviation });
    const seconds = { device, weights: since(start) - device - since(compiling), compile: since(compiling) };
    await onEvent({ kind: 'opened', adapter: engine.adapterName, seconds });
    const top = Math.min(run.top, classes.length);
    const turn = turns(DECODERS);
    for (let from = 0; from < labels.length && !signal.aborted; from += batch) {
      const numbers = Array.from({ length: Math.min(batch, labels.length - from) }, (_, at) => from + at);
      const loaded = await Promise.all(numbers.map((index) => turn(() => attempt(load, index, 2 * size))));
      const faults = loaded.flatMap(({ index, fault }) =>
        fault === undefined ? [] : [{ index, top: [], fault }],
      );
      const whole = loaded.flatMap(({ index, picture }) => (picture ? [{ index, picture }] : []));
      if (whole.length > 0) {
        const pictures = whole.map(({ picture }) => picture);
        const source = cropper.images(
          pictures,
          pictures.map((each) => judgedCrop(each, size)),
        );
        const found = await classifier.run(source, { top });
        const answers = whole.map(({ index }, row) => {
          const label = labels[index] ?? -1;
          const probability = found.probabilities[row * classes.length + label];
          return { index, top: found.top[row] ?? [], ...(label >= 0 && { probability: probability ?? 0 }) };
        });
        await onEvent({ kind: 'answers', answers });
      }
      if (faults.length > 0) await onEvent({ kind: 'answers', answers: faults });
    }
  } finally {
    engine.destroy();
  }
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
