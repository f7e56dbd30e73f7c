import uPlot from 'uplot';
import { HEADS, type HeadName } from './events';
import type { Curves } from './history';
import { axis, colour, sample } from './chart_parts';

const NAMES: Record<HeadName, string> = {
  main: 'main classifier',
  aux1: 'auxiliary 1 (after 4a)',
  aux2: 'auxiliary 2 (after 4d)',
};
/** Told apart without colour, too. */
const DASHES: Record<HeadName, number[]> = { main: [], aux1: [9, 4], aux2: [3, 3] };
const HEIGHT = 260;

/** The loss curves of the three classifiers: thin as measured, thick smoothed. */
export class LossChart {
  readonly #history: Pick<Curves, 'steps' | 'raw' | 'smooth'>;
  readonly #plot: uPlot;
  readonly #values: Record<HeadName, HTMLElement>;
  #at: number | null | undefined;

  /** @param steps the right end of the axis */
  constructor(parent: HTMLElement, history: Pick<Curves, 'steps' | 'raw' | 'smooth'>, steps: number) {
    this.#history = history;
    this.#values = legend(parent);
    const frame = parent.appendChild(document.createElement('div'));
    frame.className = 'plot';
    this.#plot = new uPlot(
      {
        width: frame.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false } },
        scales: {
          x: {
            time: false,
            range: (_plot, low, high) => (high > low ? [low, high] : [0, Math.max(1, steps)]),
          },
          y: { range: () => [0, this.#highest()] },
        },
        axes: [
          { ...axis(), label: 'step', labelSize: 20, size: 36 },
          { ...axis(), label: 'loss (cross-entropy)', labelSize: 20, size: 46 },
        ],
        series: [{}, ...HEADS.flatMap(lines)],
        hooks: { setCursor: [(plot) => this.#show(plot.cursor.idx)] },
      },
      this.#data(),
      frame,
    );
    this.#show(undefined);
    new ResizeObserver(() => {
      this.#plot.setSize({ width: frame.clientWidth, height: HEIGHT });
    }).observe(frame);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw());
  }

  /** Shows what the history holds by now. */
  draw(): void {
    this.#plot.setData(this.#data());
    this.#show(this.#at);
  }

  #data(): uPlot.AlignedData {
    const { steps, raw, smooth } = this.#history;
    return [steps, ...HEADS.flatMap((head) => [raw[head], smooth[head]])] as uPlot.AlignedData;
  }

  /** Outliers of single steps may leave the chart; the smoothed curves never do. */
  #highest(): number {
    const highest = HEADS.flatMap((head) => this.#history.smooth[head]).reduce((a, b) => Math.max(a, b), 0);
    return highest > 0 ? highest * 1.15 : 1;
  }

  /** Smoothed losses under the cursor, or the last. */
  #show(index: number | null | undefined): void {
    this.#at = index;
    for (const head of HEADS) {
      const loss = this.#history.smooth[head].at(index ?? -1);
      this.#values[head].textContent = loss === undefined ? '' : loss.toFixed(3);
    }
  }
}

function lines(head: HeadName): uPlot.Series[] {
  const points = { show: false };
  return [
    { stroke: colour(head), width: 1, alpha: 0.45, points },
    { stroke: colour(head), width: 2.5, dash: DASHES[head], points },
  ];
}

/** Gives the places of the numbers. */
function legend(parent: HTMLElement): Record<HeadName, HTMLElement> {
  const list = parent.appendChild(document.createElement('ul'));
  list.className = 'legend';
  const place = (head: HeadName): HTMLElement => {
    const item = list.appendChild(document.createElement('li'));
    item.append(sample(head, DASHES[head]), ` ${NAMES[head]} `);
    return item.appendChild(document.createElement('strong'));
  };
  return { main: place('main'), aux1: place('aux1'), aux2: place('aux2') };
}
