import uPlot from 'uplot';
import { axis, colour } from './chart';
import type { Judged } from './events';

const HEIGHT = 200;

/** Held-out accuracy over the steps of a run. */
export function accuracyChart(parent: HTMLElement, judged: readonly Judged[]): void {
  const last = judged.at(-1);
  const best = judged.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const note = parent.appendChild(document.createElement('p'));
  note.className = 'note';
  note.textContent = `Best: ${percent(best.accuracy)} after step ${best.step}. Last: ${percent(last?.accuracy ?? NaN)}.`;
  const frame = parent.appendChild(document.createElement('div'));
  frame.className = 'plot';
  const plot = new uPlot(
    {
      width: frame.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      scales: { x: { time: false }, y: { range: [0, 100] } },
      axes: [
        { ...axis(), label: 'step', labelSize: 20, size: 36 },
        { ...axis(), label: 'right, %', labelSize: 20, size: 40 },
      ],
      series: [{}, { stroke: colour('main'), width: 2.5, points: { size: 6 } }],
    },
    [judged.map(({ step }) => step), judged.map(({ accuracy }) => 100 * accuracy)],
    frame,
  );
  new ResizeObserver(() => plot.setSize({ width: frame.clientWidth, height: HEIGHT })).observe(frame);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
