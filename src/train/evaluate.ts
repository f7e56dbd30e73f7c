import { requireObject } from '../core/check';
import { AbortError, ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { checkLabels } from './check';
import { Classifier } from './classifier';
import type { Batches } from './fit';
import type { Head } from './loss';
import type { Trainer } from './trainer';

/** What is judged, and who is told. */
export interface EvaluateOptions {
  /** Judges a trainer's running average of the weights in place of the weights. Default false. */
  readonly averaged?: boolean;
  readonly signal?: AbortSignal;
  /** Told of each batch: images judged so far. */
  readonly onProgress?: (done: number) => void | Promise<void>;
}

const OPTIONS: Rules<EvaluateOptions> = {
  averaged: is.flag,
  signal: is.having('aborted'),
  onProgress: is.callable,
};

/** How well a network names classes. */
export interface Evaluation {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Share of the images, 0 to 1, whose likeliest class is the right one. */
  readonly accuracy: number;
  /** Share of those whose class is among the five likeliest; undefined for five classes or fewer. */
  readonly top5: number | undefined;
  /** Images judged. */
  readonly count: number;
}

/**
 * How well a network names the classes of images: a classifier's, or the first head of a trainer's with its weights as they
 * are. Dropout drops nothing. Batches may be of any size, each of its own. Labels are class numbers, whatever the trainer's loss.
 *
 *     const { accuracy } = await evaluate(trainer, heldOut, { averaged: true });
 *
 * @param of the classifier or trainer, which stays as it is
 * @param batches images with their classes
 * @throws {ValueError | ShapeError} for batches that do not fit, or none; {AbortError} once `signal` fires
 */
export async function evaluate(
  of: Classifier | Trainer,
  batches: Batches,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', options, OPTIONS);
  is.iterable('evaluate', 'the batches', batches);
  if (of instanceof Classifier) {
    if (options.averaged) throw new ValueError('evaluate', 'averaged needs a trainer', 'a Classifier');
    return judge(of, batches, options);
  }
  requireObject('evaluate', 'the trainer or classifier', of, ['network', 'parameters', 'averaged']);
  const { graph, images, heads } = of.network;
  const parameters = options.averaged ? await of.averaged() : of.parameters;
  let classifier: Classifier | undefined;
  try {
    const [{ scores }] = heads as [Head];
    classifier = await Classifier.create(of.engine, { graph, images, scores, parameters });
    return await judge(classifier, batches, options);
  } finally {
    classifier?.destroy();
    if (options.averaged) parameters.destroy();
  }
}

async function judge(
  classifier: Classifier,
  batches: Batches,
  { signal, onProgress }: EvaluateOptions,
): Promise<Evaluation> {
  const { classes } = classifier;
  let [count, loss, first, five] = [0, 0, 0, 0];
  for await (const batch of batches) {
    if (signal?.aborted) throw new AbortError('evaluate', 'stopped by the caller', `${count} images`);
    requireObject('evaluate', 'a batch', batch, ['images', 'labels']);
    const { images, labels, inputs = {} } = batch;
    const { scores } = await classifier.run(images, { inputs, top: 1 });
    const rows = scores.length / classes;
    const head = { name: 'scores', scores: { shape: [rows, classes] } };
    checkLabels('evaluate', labels, rows, [head]).forEach((label, row) => {
      const mine = scores.subarray(row * classes, (row + 1) * classes);
      const own = mine[label] as number;
      const highest = mine.reduce((a, b) => Math.max(a, b));
      loss += highest - own + Math.log(mine.reduce((sum, score) => sum + Math.exp(score - highest), 0));
      // Of equal scores the lower class comes first, as in `Classified.top`.
      const better = mine.filter((score, at) => score > own || (score === own && at < label)).length;
      if (better === 0) first++;
      if (better < 5) five++;
    });
    count += rows;
    await onProgress?.(count);
  }
  if (count === 0) throw new ValueError('evaluate', 'there are no batches');
  return {
    loss: loss / count,
    accuracy: first / count,
    top5: classes > 5 ? five / count : undefined,
    count,
  };
}
