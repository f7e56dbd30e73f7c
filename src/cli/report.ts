import {
  formatAccuracy,
  formatDuration,
  formatLearning,
  formatSpeed,
  formatWidth,
  inParts,
  learnt,
  whichShown,
} from '../app/format';
import { thinned, type ReportData } from '../app/report_data';
import { formatBytes } from '../graph/memory/format';
import type { Recorder } from './recorder';
import { pageScript, reportStyles, type ScriptName } from './sources';
import { VERSION } from './version';

/**
 * One HTML file with everything inside: curves, pictures and what else is known of the run.
 * @param script from `bundleReport`
 */
export function report(recorder: Recorder, script: string): string {
  const { evaluation } = recorder;
  const what = learnt(recorder.ready?.data ?? { name: 'mnist', classes: 10 });
  const pictures = evaluation
    ? `<p class="figure">${formatAccuracy(evaluation)} right</p>
      <p class="note">${escape(whichShown(evaluation))}</p>
      <div id="pictures"></div><div id="classes"></div>`
    : '<p>Not measured.</p>';
  const accuracy =
    recorder.judged.length > 1
      ? `<section id="accuracy"><h2>Held-out accuracy while it trained</h2></section>`
      : '';
  const wrong = `<section id="mistakes"><h2>Where it was surest, and wrong</h2>
      <p class="note">Beside each picture what its places add to the score of the class that it was taken for: from
      dark, the least, to light, the most.</p></section>`;
  const filters = `<section id="filters"><h2>Filters of the first layer</h2>
      <p class="note">As red, green and blue, each between its own least and largest number.</p></section>`;
  const why = evaluation?.why ? `${evaluation.why.mistakes.length > 0 ? wrong : ''}${filters}` : '';
  const title = `Inception v1 learned ${what}`;
  const body = `<section><h2>The run</h2>${summary(recorder)}</section>
      <section id="curves">
        <h2>Loss of the three classifiers</h2>
        <p class="note">Thin: each step. Thick: smoothed. Drag across to zoom in, double-click to zoom out.</p>
      </section>
      ${accuracy}
      <div class="pair">
        <section id="rate"><h2>Learning rate</h2></section>
        <section id="speed"><h2>Speed</h2></section>
      </div>
      <section><h2>Pictures it never saw</h2>${pictures}</section>
      ${why}
      <noscript><p>Curves and pictures need JavaScript; all of it is inside this file.</p></noscript>`;
  return standalone(title, body, dataOf(recorder), script);
}

/** A page that stands alone: its script finds the data as JSON in the element `data`. */
function standalone(title: string, body: string, data: unknown, script: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="icon" href="data:," />
    <style>${reportStyles()}</style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${body}
    </main>
    <script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
    <script>${script}</script>
  </body>
</html>
`;
}

/** A page that stands alone, with one of the scripts of `pageScript`. */
export const page = async (script: ScriptName, title: string, body: string, data: unknown): Promise<string> =>
  standalone(title, body, data, await bundled(script));

function summary({ ready, history, evaluation, browser, started, memory }: Recorder): string {
  if (!ready) return '';
  const { adapter, settings, parameters, data } = ready;
  const { preset, recipe, size, width, batch, steps, seed } = settings;
  const done = history.steps.length;
  const speed = formatSpeed((batch * done) / history.seconds);
  const rows: [string, string][] = [
    ['Accuracy', evaluation ? `${formatAccuracy(evaluation)} held-out pictures` : 'not measured'],
    [
      'Data',
      `${data.name}: ${data.classes} classes, ${data.count.toLocaleString('en')} pictures to learn from`,
    ],
    ['Adapter', adapter],
    ['Preset', preset],
    ['Network', `width ${formatWidth(width)}, ${parameters.toLocaleString('en')} parameters`],
    ['Images', `${size} x ${size}, ${batch} a step${inParts(settings)}`],
    ['Steps', done < steps ? `${done}, stopped before ${steps}` : `${done}`],
    ['Training time', `${formatDuration(history.seconds)}, ${speed} images per second`],
    ['Recipe', `${recipe}: ${formatLearning(settings)}`],
    ['GPU memory', memory ? formatBytes(memory.total) : 'not known'],
    ['Seed', `${seed}`],
    ['Made by', `inception-webgpu ${VERSION}, ${browser}`],
    ['Begun', `${started.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
  ];
  const lines = rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${escape(value)}</td></tr>`);
  return `<table class="summary">${lines.join('')}</table>`;
}

function dataOf({ history, evaluation, judged, ready }: Recorder): ReportData {
  const { speeds, ...curves } = thinned(history);
  const images = { ...curves, speeds: speeds.map((each) => each * (ready?.settings.batch ?? 1)) };
  if (!evaluation) return { curves: images, judged };
  const probabilities = evaluation.probabilities.map((each) => Number(each.toPrecision(5)));
  return { curves: images, judged, evaluation: { ...evaluation, probabilities } };
}

const SIGNS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Text, to stand in HTML. */
export const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => SIGNS[sign] ?? sign);

/**
 * The report's script. To be made before it is needed: Ctrl-C at a terminal ends the bundler's helper process, too.
 */
export const bundleReport = (): Promise<string> => bundled('report');

/** A closing tag inside a string would end the script. */
const bundled = async (name: ScriptName): Promise<string> =>
  (await pageScript(name)).replaceAll('</script', '<\\/script');
