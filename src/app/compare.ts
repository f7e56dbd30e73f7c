// Runs inside a saved page: lays the curves of runs over each other.
import type { Judged } from './events';
import type { Curves } from './history';
import { lineChart, type ChartOptions, type Line } from './line_chart';

export interface ComparedRun {
  readonly name: string;
  readonly curves: Curves;
  readonly judged: readonly Judged[];
}

const LOOKS: readonly Pick<Line, 'colour' | 'dash'>[] = [
  { colour: 'main' },
  { colour: 'aux1', dash: [9, 4] },
  { colour: 'aux2', dash: [3, 3] },
  { colour: 'wrong', dash: [12, 3, 3, 3] },
  { colour: 'soft' },
  { colour: 'text', dash: [2, 5] },
];

const find = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`page: has no element called ${id}`);
  return element;
};

const runs = JSON.parse(find('data').textContent) as readonly ComparedRun[];

function draw(id: string, of: (run: ComparedRun) => Pick<Line, 'x' | 'y'>, options: ChartOptions): void {
  const lines = runs.map((run, at) => ({ name: run.name, colour: 'main', ...LOOKS[at], ...of(run) }));
  const drawn = lines.filter(({ x }) => x.length > 0);
  if (drawn.length > 0) lineChart(find(id), drawn, { legend: true, ...options });
  else find(id).append('None of them was judged.');
}

const judged = ({ judged }: ComparedRun): Pick<Line, 'x' | 'y'> => ({
  x: judged.map(({ step }) => step),
  y: judged.map(({ accuracy }) => 100 * accuracy),
});

draw('loss', ({ curves }) => ({ x: curves.steps, y: curves.smooth.main }), { label: 'loss (cross-entropy)' });
draw('accuracy', judged, { label: 'right, %', range: [0, 100], points: true });
draw('rate', ({ curves }) => ({ x: curves.steps, y: curves.rates }), { label: 'learning rate' });
