import uPlot from 'uplot';
import { axis, colour, sample } from './chart_parts';

const HEIGHT = 200;

/** A curve, by points from left to right. */
export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Of the style sheet's colours. */
  readonly colour: string;
  /** Told apart without colour, too. */
  readonly dash?: readonly number[];
}

/** What a chart says of its upright axis. */
export interface ChartOptions {
  readonly label: string;
  /** Default: from 0 to a little above the highest. */
  readonly range?: readonly [number, number];
  readonly points?: boolean;
  /** Default: where there are several. */
  readonly legend?: boolean;
}

/** Curves over the steps of runs. */
export function lineChart(
  parent: HTMLElement,
  lines: readonly Line[],
  { label, range, points = false, legend = lines.length > 1 }: ChartOptions,
): void {
  if (legend) drawLegend(parent, lines);
  const frame = parent.appendChild(document.createElement('div'));
  frame.className = 'plot';
  frame.setAttribute('role', 'img');
  frame.setAttribute('aria-label', `${label} over the steps, ${lines.map(described).join('; ')}`);
  const highest = lines.flatMap(({ y }) => y).reduce((a, b) => Math.max(a, b), 0);
  const plot = new uPlot(
    {
      width: frame.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: [...(range ?? ([0, highest * 1.1 || 1] as const))] } },
      axes: [
        { ...axis(), label: 'step', labelSize: 20, size: 36 },
        { ...axis(), label, labelSize: 20, size: 64 },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          stroke: colour(line.colour),
          width: 2.5,
          dash: [...(line.dash ?? [])],
          spanGaps: true,
          points: { show: points, size: 6 },
        })),
      ],
    },
    uPlot.join(lines.map(({ x, y }) => [[...x], [...y]])),
    frame,
  );
  new ResizeObserver(() => plot.setSize({ width: frame.clientWidth, height: HEIGHT })).observe(frame);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw());
}

const described = ({ name, y }: Line): string =>
  `${name}: from ${short(y[0])} to ${short(y.at(-1))} in ${y.length} points`;
const short = (value = NaN): string => `${Number(value.toPrecision(3))}`;

function drawLegend(parent: HTMLElement, lines: readonly Line[]): void {
  const list = parent.appendChild(document.createElement('ul'));
  list.className = 'legend';
  for (const { name, colour, dash = [] } of lines) {
    const item = list.appendChild(document.createElement('li'));
    item.append(sample(colour, dash), ` ${name}`);
  }
}
