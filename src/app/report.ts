// Runs inside a saved report: draws what cannot be written down as plain HTML.
import { accuracyChart } from './accuracy_chart';
import { LossChart } from './chart';
import type { ReportData } from './report_data';
import { lineChart } from './line_chart';
import { calibrationTable, classTable, confusions, pictureGrid } from './results';
import { paintedView, worstMistakes } from './why';

const find = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`report: has no element called ${id}`);
  return element;
};

const data = JSON.parse(find('data').textContent) as ReportData;

const { curves } = data;
const { steps: x } = curves;
new LossChart(find('curves'), curves, x.at(-1) ?? 0);
lineChart(find('rate'), [{ name: 'rate', x, y: curves.rates, colour: 'aux1' }], { label: 'learning rate' });
lineChart(find('speed'), [{ name: 'speed', x, y: curves.speeds, colour: 'aux2' }], {
  label: 'images per second',
});

if (data.judged.length > 1) accuracyChart(find('accuracy'), data.judged);

if (data.evaluation) {
  pictureGrid(find('pictures'), data.evaluation);
  confusions(find('classes'), data.evaluation);
  classTable(find('classes'), data.evaluation);
  calibrationTable(find('classes'), data.evaluation);
  const { why } = data.evaluation;
  if (why && why.mistakes.length > 0) worstMistakes(find('mistakes'), data.evaluation, why);
  if (why) paintedView(find('filters'), why.filters, 'filters of conv1');
}
