import type { Answer } from '../../app/events';
import { printed } from '../../text/table';
import { requireBrowserFile } from '../browser';
import { picturesFrom } from './inputs';
import { classifyPictures } from './job';
import { openModel } from './model';
import type { ClassifyOptions } from './options';

const STOPPED = 130;

/** Says what is in pictures, on standard output, and gives the exit code. */
export async function run({ pictures, json, ...options }: ClassifyOptions): Promise<number> {
  requireBrowserFile(options.browser);
  const model = openModel(options.run);
  const inputs = await picturesFrom(pictures);
  const { classes } = model.card;
  let faults = 0;
  const rows: string[][] = [];
  const tell = ({ index, top, fault }: Answer): void => {
    const file = inputs[index]?.file ?? '';
    if (fault !== undefined) {
      faults++;
      console.error(fault.startsWith(file) ? fault : `${file}: ${fault}`);
      return;
    }
    const named = top.map((guess) => ({ class: classes[guess.class], probability: guess.probability }));
    if (json) console.log(JSON.stringify({ file, top: named }));
    else
      named.forEach((guess, rank) =>
        rows.push([rank === 0 ? file : '', guess.class ?? '', `${(100 * guess.probability).toFixed(1)} %`]),
      );
  };
  const { stopped } = await classifyPictures({
    ...options,
    model,
    labels: inputs.map(() => -1),
    bytes: (index) => (inputs[index] as (typeof inputs)[number]).bytes(),
    onAnswers: (answers) => answers.forEach(tell),
  });
  if (rows.length > 0) {
    const columns = [
      { title: 'Picture', align: 'left' },
      { title: 'Class', align: 'left' },
      { title: 'Probability', align: 'right' },
    ] as const;
    console.log(printed([{ columns, rows }]));
  }
  return stopped ? STOPPED : faults > 0 ? 1 : 0;
}
