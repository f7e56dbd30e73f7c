// Runs inside a saved report: draws what cannot be written down as plain HTML.
import { accuracyChart } from './accuracy_chart';
import { LossChart } from './chart';
import type { ReportData } from './report_data';
import { LossHistory } from './history';
import { classTable, confusions, pictureGrid } from './results';
import { paintedView, worstMistakes } from './why';

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

if (data.judged.length > 1) accuracyChart(find('accuracy'), data.judged);

if (data.evaluation) {
  pictureGrid(find('pictures'), data.evaluation);
  confusions(find('classes'), data.evaluation);
  classTable(find('classes'), data.evaluation);
  const { why } = data.evaluation;
  if (why && why.mistakes.length > 0) worstMistakes(find('mistakes'), data.evaluation, why);
  if (why) paintedView(find('filters'), why.filters, 'filters of conv1');
}
