import type { Judged } from './events';
import { lineChart } from './line_chart';

/** Held-out accuracy over the steps of a run. */
export function accuracyChart(parent: HTMLElement, judged: readonly Judged[]): void {
  const last = judged.at(-1);
  const best = judged.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const note = parent.appendChild(document.createElement('p'));
  note.className = 'note';
  note.textContent = `Best: ${percent(best.accuracy)} after step ${best.step}. Last: ${percent(last?.accuracy ?? NaN)}.`;
  const x = judged.map(({ step }) => step);
  const y = judged.map(({ accuracy }) => 100 * accuracy);
  const options = { label: 'right, %', range: [0, 100], points: true } as const;
  lineChart(parent, [{ name: 'held out', x, y, colour: 'main' }], options);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
