import { writeFileSync } from 'node:fs';
import type { Answer, Explanation } from '../../app/events';
import { requireLayer } from '../../app/explain_layers';
import { messageOf } from '../../core/check';
import { ValueError } from '../../core/errors';
import { nearestOf } from '../../core/options';
import { percent } from '../../text/table';
import { requireBrowserFile } from '../browser';
import { picturesFrom } from '../classify/inputs';
import { classifyPictures } from '../classify/job';
import { openModel } from '../classify/model';
import { OutputError } from '../output_error';
import type { ExplainOptions } from './options';
import { explainPage } from './page';

const STOPPED = 130;
/** Classes that are named. */
const TOP = 5;

/** Says what is in a picture, writes a page that shows why, and gives the exit code. */
export async function run(options: ExplainOptions): Promise<number> {
  const { picture, class: name, layer, samples, out, json, ...rest } = options;
  requireBrowserFile(rest.browser);
  const model = openModel(rest.run);
  const { classes } = model.card;
  const wanted = name === undefined ? undefined : classes.indexOf(name);
  if (name !== undefined && wanted === -1)
    throw new ValueError('--class', 'the run did not learn it', name, nearestOf(name, classes));
  requireLayer(model.card, layer);
  const [input, more] = await picturesFrom([picture]);
  if (!input || more) throw new ValueError('-', 'one picture is explained at a time', 'several paths');
  const { file } = input;
  let answer: Answer | undefined;
  let explanation: Explanation | undefined;
  const { adapter, stopped } = await classifyPictures({
    ...rest,
    model,
    labels: [-1],
    top: TOP,
    crops: 1,
    explain: { class: wanted, layer, samples },
    bytes: () => input.bytes(),
    onAnswers: ([first]) => (answer = first),
    onExplained: (found) => (explanation = found),
  });
  if (answer?.fault !== undefined) {
    console.error(answer.fault.startsWith(file) ? answer.fault : `${file}: ${answer.fault}`);
    return 1;
  }
  if (stopped || !answer || !explanation) return STOPPED;
  const top = answer.top.map((guess) => ({
    class: classes[guess.class] ?? '',
    probability: guess.probability,
  }));
  const page = explainPage({ file, classes, top, layer, samples, adapter, run: model.file, explanation });
  try {
    writeFileSync(out, page);
  } catch (cause) {
    throw new OutputError(out, 'cannot be written', messageOf(cause), 'name another file: --out', { cause });
  }
  const said = top.map((guess) => `${guess.class} ${percent(guess.probability)}`).join(', ');
  if (json) console.log(JSON.stringify({ file, top, class: classes[explanation.class], out }));
  else console.log(`${file}: ${said}\nwhy: ${out}`);
  return 0;
}
