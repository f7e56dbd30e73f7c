import { basename } from 'node:path';
import type { Explanation, Painted } from '../../app/events';
import { heatColour } from '../../explain/heat';
import { percent } from '../../text/table';
import { pngOf } from '../png';
import { escape } from '../report';
import { reportStyles } from '../sources';
import { VERSION } from '../version';

/** What a page tells of. */
export interface Explained {
  readonly file: string;
  readonly classes: readonly string[];
  /** The likeliest classes, best first. */
  readonly top: readonly { readonly class: string; readonly probability: number }[];
  readonly layer: string;
  readonly samples: number;
  readonly adapter: string;
  /** The weights' file. */
  readonly run: string;
  readonly explanation: Explanation;
}

/** One HTML file with everything inside, without a script. */
export function explainPage({ explanation, ...about }: Explained): string {
  const { file, classes, top, layer, samples, adapter, run } = about;
  const { picture, maps, gradient, features, filters } = explanation;
  const name = (index: number): string => classes[index] ?? '';
  const title = `Why the network takes ${basename(file)} for ${top[0]?.class ?? ''}`;
  const looked = maps.map(({ class: of, probability, view }) =>
    figure(view, `what each place adds to the score of ${name(of)}, ${share(probability)}`),
  );
  const rows = top.map(
    (guess) =>
      `<tr><th scope="row">${escape(guess.class)}</th><td>${share(guess.probability)}</td>` +
      `<td><meter value="${guess.probability.toFixed(4)}">${share(guess.probability)}</meter></td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escape(title)}</title>
    <link rel="icon" href="data:," />
    <style>${reportStyles()}</style>
  </head>
  <body>
    <main>
      <h1>${escape(title)}</h1>
      <p class="note">${escape(`Picture: ${file}. Weights: ${run}. Adapter: ${adapter}. inception-webgpu ${VERSION}.`)}</p>
      <section>
        <h2>What the network says</h2>
        <table class="list guesses"><tbody>${rows.join('')}</tbody></table>
      </section>
      <section>
        <h2>Where it looked</h2>
        <div class="views">
          ${figure(picture, 'the picture as the network sees it')}
          ${looked.join('')}
          ${figure(gradient, `pixels on which the score of ${name(explanation.class)} hangs: its gradient, the mean of ${samples} noisy copies`)}
        </div>
        ${scale()}
      </section>
      <section>
        <h2>What ${escape(layer)} makes of it</h2>
        <p class="note">Its ${features.count} feature maps, each between its own least and largest number.</p>
        ${figure(features.view, `feature maps of ${layer}`, true)}
      </section>
      <section>
        <h2>Filters of the first layer</h2>
        <p class="note">What its convolution looks for: as red, green and blue, each between its own least and largest number.</p>
        ${figure(filters, 'filters of conv1', true)}
      </section>
    </main>
  </body>
</html>
`;
}

/** On one line. */
const share = (probability: number): string => percent(probability).replace(' ', '\u00a0');

/** @param bare without a caption: what stands above says it */
function figure(view: Painted, says: string, bare = false): string {
  const { width, height } = view;
  const source = `data:image/png;base64,${pngOf(view).toString('base64')}`;
  const kind = bare ? ' class="tiles-view"' : '';
  const image = `<img${kind} src="${source}" width="${width}" height="${height}" alt="${escape(says)}" />`;
  return `<figure>${image}${bare ? '' : `<figcaption>${escape(says)}</figcaption>`}</figure>`;
}

/** What the colours mean. */
function scale(): string {
  const stops = Array.from({ length: 9 }, (_, stop) => `rgb(${heatColour(stop / 8).join(' ')})`);
  return `<p class="scale note">least <span style="background: linear-gradient(to right, ${stops.join(', ')})"></span> most</p>`;
}
