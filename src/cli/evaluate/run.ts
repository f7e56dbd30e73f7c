import type { Answer } from '../../app/events';
import { formatAccuracy } from '../../app/format';
import { calibrationOf, judgementOf, perClass, type Judgement } from '../../app/metrics';
import { ValueError } from '../../core/errors';
import { nearestOf } from '../../core/options';
import { percent, printed, short } from '../../text/table';
import { requireBrowserFile } from '../browser';
import { classifyPictures } from '../classify/job';
import { openModel } from '../classify/model';
import { openPictures, type OwnPictures } from '../pictures';
import { judgementResult } from '../result';
import type { EvaluateOptions } from './options';

const STOPPED = 130;
/** Classes up to which each has a line. */
const LISTED = 40;

/** Judges, prints what was found on standard output, and gives the exit code. */
export async function run({ json, pictures, ...options }: EvaluateOptions): Promise<number> {
  requireBrowserFile(options.browser);
  const model = openModel(options.run);
  const own = await openPictures(
    { path: pictures, heldOut: 0, seed: 0 },
    options.quiet ? undefined : process.stderr,
  );
  for (const note of options.quiet ? [] : own.set.notes) console.error(note);
  const labels = labelsOf(own, model.card.classes);
  const answers: Answer[] = [];
  const { adapter, stopped } = await classifyPictures({
    ...options,
    model,
    labels,
    top: 5,
    bytes: (index) => own.bytes(index),
    onAnswers: (found) => void answers.push(...found),
  });
  const judged = answers.filter(({ fault }) => fault === undefined);
  for (const { index, fault = '' } of answers.filter((each) => each.fault !== undefined))
    console.error(`${own.set.pictures[index]?.file}: ${fault}`);
  if (stopped && judged.length === 0) return STOPPED;
  if (judged.length === 0) throw new ValueError(pictures, 'has no picture that could be judged');
  const judgement = judgementOf(
    model.card.classes,
    judged.map(({ index, top, probability = NaN }) => ({ label: labels[index] ?? -1, top, probability })),
  );
  console.log(json ? JSON.stringify(judgementResult(judgement)) : text(judgement, adapter));
  return stopped ? STOPPED : judged.length < labels.length ? 1 : 0;
}

/** @throws {ValueError} for a class that the run did not learn */
function labelsOf({ set }: OwnPictures, classes: readonly string[]): number[] {
  const unknown = set.classes.find((name) => !classes.includes(name));
  if (unknown !== undefined)
    throw new ValueError('classes', 'the run did not learn one', unknown, nearestOf(unknown, classes));
  return set.pictures.map((picture) => classes.indexOf(set.classes[picture.class] ?? ''));
}

function text(judgement: Judgement, adapter: string): string {
  const { classes, amongFive, count, loss } = judgement;
  const { error } = calibrationOf(judgement);
  const lines = [
    `${formatAccuracy(judgement)} right${classes.length > 5 ? `, ${percent(amongFive / count)} among the five likeliest` : ''}`,
    `loss ${short(loss)}, calibration error ${percent(error)}, adapter ${adapter}`,
  ];
  const shares = perClass(judgement).filter((each) => each.count > 0);
  const rows = shares
    .toSorted((a, b) => a.correct / a.count - b.correct / b.count)
    .slice(0, LISTED)
    .map((each) => [
      each.class,
      percent(each.correct / each.count),
      `${each.count}`,
      `${each.taken - each.correct}`,
    ]);
  const columns = [
    { title: 'Class', align: 'left' },
    { title: 'Right', align: 'right' },
    { title: 'Pictures', align: 'right' },
    { title: 'Others taken for it', align: 'right' },
  ] as const;
  return printed([lines.join('\n'), { columns, rows }]);
}
