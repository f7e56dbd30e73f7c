// What charts have in common.
import type uPlot from 'uplot';

export const colour = (name: string) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

export function axis(): Pick<uPlot.Axis, 'stroke' | 'grid' | 'ticks' | 'font' | 'labelFont'> {
  const faint = { stroke: colour('line'), width: 1 };
  const font = '12px system-ui, sans-serif';
  return { stroke: colour('soft'), grid: faint, ticks: faint, font, labelFont: font };
}

/** A piece of a curve; the text beside it says the rest. */
export function sample(name: string, dash: readonly number[]): DocumentFragment {
  const svg = `<svg width="32" height="6" aria-hidden="true"><line x1="0" y1="3" x2="32" y2="3"
    stroke="var(--${name})" stroke-width="3" stroke-dasharray="${dash.join(' ')}" /></svg>`;
  return document.createRange().createContextualFragment(svg);
}
