import type { Engine } from '../gpu/engine';
import { ValueError } from '../core/errors';
import { googlenet } from '../models/googlenet';
import type { Parameters } from '../runtime/parameters';
import { profileProgram, type Profile } from '../runtime/profile';
import { Classifier } from '../train/classifier';
import type { RunSettings } from '../train/presets';
import type { DataSet, Feed } from './data_set';
import type { Evaluation, Shown } from './events';

/** Whoever stopped the training waits for this: so many pictures, or what this time allows, but one batch at least. */
const BRIEFLY = { pictures: 100, seconds: 10 };
/** Pictures that a report shows. */
const SHOWN = 60;

export interface EvaluateOptions {
  readonly engine: Engine;
  readonly parameters: Parameters;
  readonly data: DataSet;
  readonly feed: Feed;
  readonly settings: RunSettings;
  /** Once it fires, a few pictures are enough. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, count: number) => void;
  /** Wants a last batch timed launch by launch. */
  readonly onProfile?: (profile: Profile) => void | Promise<void>;
}

/** Classifies held-out pictures with the weights as they are; without dropout and auxiliary classifiers. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { engine, parameters, data, feed, settings, signal, onProgress, onProfile } = options;
  const { size, width } = settings;
  const { classes } = data;
  const all = data.judged(settings);
  // No more at once than there is memory for.
  const batch = Math.min(settings.batch / settings.microBatches, all.length);
  const net = googlenet({ classes: classes.length, batch, inputSize: size, width, aux: false });
  const { graph, scores2: scores } = net;
  const classifier = await Classifier.create(engine, { graph, images: net.images, scores, parameters });
  const judged: number[] = [];
  const guesses: number[] = [];
  const probabilities: number[] = [];
  let [done, loss, amongFive] = [0, 0, 0];
  const start = performance.now();
  const enough = (): boolean =>
    done === all.length ||
    (signal.aborted && (done >= BRIEFLY.pictures || performance.now() - start > BRIEFLY.seconds * 1000));
  try {
    while (!enough()) {
      const count = Math.min(batch, all.length - done);
      const { images, at } = await feed.judged(done, count);
      const top = Math.min(5, classes.length);
      const found = images && (await classifier.run(images, { top }));
      found?.top.forEach((likeliest, row) => {
        const label = all[at[row] ?? -1] ?? -1;
        guesses.push(likeliest[0]?.class ?? -1);
        probabilities.push(likeliest[0]?.probability ?? 0);
        loss -= Math.log(found.probabilities[row * classes.length + label] ?? NaN);
        if (likeliest.some((guess) => guess.class === label)) amongFive++;
      });
      judged.push(...at);
      done += count;
      onProgress(done, all.length);
    }
    await onProfile?.(await profileProgram(classifier.program));
  } finally {
    classifier.destroy();
  }
  if (judged.length === 0)
    throw new ValueError('evaluation', 'none of the held-out pictures can be decoded', `${done} pictures`);
  const labels = judged.map((at) => all[at] ?? -1);
  const correct = labels.filter((label, index) => label === guesses[index]).length;
  const count = labels.length;
  const shown = await showFirst(data, settings, judged.slice(0, SHOWN));
  return { correct, count, loss: loss / count, amongFive, classes, labels, guesses, probabilities, shown };
}

async function showFirst(data: DataSet, settings: RunSettings, judged: readonly number[]): Promise<Shown> {
  const views = await Promise.all(judged.map((at) => data.thumbnail(settings, at)));
  const [{ width, height } = { width: 0, height: 0 }] = views;
  const text = views.map((view) => Array.from(view.data, (byte) => String.fromCharCode(byte)).join(''));
  return { count: views.length, width, height, pixels: btoa(text.join('')) };
}
