import type { Profile } from '../runtime/profile';
import type { RunSettings } from '../train/presets';
import { toBase64 } from './base64';
import type { DataSet } from './data_set';
import type { Evaluation, Shown } from './events';
import { Judge, type JudgeOptions } from './judge';
import { explainMistakes } from './mistakes';

/** Whoever stopped the training waits for this: so many pictures, or what this time allows, but one batch at least. */
const BRIEFLY = { pictures: 100, seconds: 10 };
/** Pictures that a report shows. */
const SHOWN = 60;

export interface EvaluateOptions extends JudgeOptions {
  /** Once it fires, a few pictures are enough. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, count: number) => void;
  /** Wants a last batch timed launch by launch. */
  readonly onProfile?: (profile: Profile) => void | Promise<void>;
}

/** Judges the weights by held-out pictures, and shows the first of them; undefined where none could be decoded. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation | undefined> {
  const { data, settings, signal, onProgress, onProfile } = options;
  const judge = await Judge.create(options);
  const start = performance.now();
  try {
    const judgement = await judge.judge((done, count) => {
      onProgress(done, count);
      return (
        signal.aborted && (done >= BRIEFLY.pictures || performance.now() - start > BRIEFLY.seconds * 1000)
      );
    });
    if (judgement.count === 0) return undefined;
    await onProfile?.(await judge.profile());
    const { at, ...judged } = judgement;
    const show = (places: readonly number[]): Promise<Shown> => showFirst(data, settings, places);
    judge.destroy();
    const why = await explainMistakes(options, judgement);
    const wrong = await show(why.mistakes.map((index) => at[index] ?? 0));
    return { ...judged, shown: await show(at.slice(0, SHOWN)), why: { ...why, shown: wrong } };
  } finally {
    judge.destroy();
  }
}

async function showFirst(data: DataSet, settings: RunSettings, judged: readonly number[]): Promise<Shown> {
  const views = await Promise.all(judged.map((at) => data.thumbnail(settings, at)));
  const [{ width, height } = { width: 0, height: 0 }] = views;
  // All are of one size, of which no part of three bytes is cut.
  const pixels = views.map((view) => toBase64(view.data)).join('');
  return { count: views.length, width, height, pixels };
}
