// Runs inside a saved report: draws what cannot be written down as plain HTML.
import { LossChart } from './chart';
import type { ReportData } from './report_data';
import { LossHistory } from './history';
import { confusionTable, digitGrid } from './results';

const find = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`report: has no element called ${id}`);
  return element;
};

const data = JSON.parse(find('data').textContent) as ReportData;

const history = new LossHistory();
data.steps.forEach((step, index) => {
  const at = (values: readonly number[]): number => values[index] ?? NaN;
  const { main, aux1, aux2 } = data.losses;
  history.add({ step, losses: { main: at(main), aux1: at(aux1), aux2: at(aux2) }, seconds: 0 });
});
new LossChart(find('curves'), history, data.steps.length);

if (data.evaluation) {
  const { labels, guesses, probabilities, shown, images, width } = data.evaluation;
  const bytes = Uint8Array.from(atob(images), (letter) => letter.charCodeAt(0));
  const pixels = bytes.length / shown;
  const seen = Array.from({ length: shown }, (_, index) => ({
    label: labels[index] ?? -1,
    guess: guesses[index] ?? -1,
    probability: probabilities[index] ?? NaN,
    pixels: bytes.subarray(index * pixels, (index + 1) * pixels),
  }));
  digitGrid(find('digits'), seen, width);
  confusionTable(find('confusion'), labels, guesses);
}
