import type { Engine } from '../gpu/engine';
import { DIGIT_CLASSES, type Digits } from '../io/digits';
import { googlenet } from '../models/googlenet';
import type { Parameters } from '../runtime/parameters';
import { profileProgram, type Profile } from '../runtime/profile';
import { Classifier } from '../train/classifier';
import { digitBatch, heldOutDigits } from '../train/digits';
import type { RunSettings } from '../train/presets';
import type { Evaluation } from './events';

/** Whoever stopped the training waits for this: so many digits, or what this time allows, but one batch at least. */
const BRIEFLY = { digits: 100, seconds: 10 };

export interface EvaluateOptions {
  readonly engine: Engine;
  readonly parameters: Parameters;
  readonly test: Digits;
  readonly settings: RunSettings;
  /** Once it fires, a few digits are enough. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, count: number) => void;
  /** Wants a last batch timed launch by launch. */
  readonly onProfile?: (profile: Profile) => void | Promise<void>;
}

/** Classifies held-out digits with the weights as they are; without dropout and auxiliary classifiers. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { engine, parameters, test, settings, signal, onProgress, onProfile } = options;
  const { size, width } = settings;
  const digits = heldOutDigits(test.images.count, settings.heldOut);
  // No more at once than there is memory for.
  const batch = Math.min(settings.batch / settings.microBatches, digits.length);
  const net = googlenet({ classes: DIGIT_CLASSES, batch, inputSize: size, width, aux: false });
  const { graph, images, scores2 } = net;
  const classifier = await Classifier.create(engine, { graph, images, scores: scores2, parameters });
  const guesses: number[] = [];
  const probabilities: number[] = [];
  const start = performance.now();
  const enough = (): boolean =>
    guesses.length === digits.length ||
    (signal.aborted &&
      (guesses.length >= BRIEFLY.digits || performance.now() - start > BRIEFLY.seconds * 1000));
  try {
    while (!enough()) {
      const chosen = digits.subarray(guesses.length, guesses.length + batch);
      const { top } = await classifier.run(digitBatch(test, chosen, size).images, { top: 1 });
      for (const [best] of top) {
        guesses.push(best?.class ?? -1);
        probabilities.push(best?.probability ?? 0);
      }
      onProgress(guesses.length, digits.length);
    }
    await onProfile?.(await profileProgram(classifier.program));
  } finally {
    classifier.destroy();
  }
  const seen = [...digits.subarray(0, guesses.length)];
  const correct = seen.filter((digit, index) => test.labels[digit] === guesses[index]).length;
  return { correct, count: seen.length, digits: seen, guesses, probabilities };
}
