// The picture of a range test.
import { RANGE, smoothLosses } from '../train/rate_range';

const WIDTH = 720;
const HEIGHT = 400;
/** Of the frame around the curves. */
const FRAME = { left: 64, right: 700, top: 48, bottom: 340 };

export interface Rates {
  readonly rates: readonly number[];
  readonly losses: readonly number[];
  /** Of the whole test, had it not ended. */
  readonly steps: number;
  readonly suggested: number | undefined;
}

/** Losses over rates on a logarithmic scale, as SVG: thin as measured, thick smoothed, with the rate that is suggested. */
export function rateChart({ rates, losses, steps, suggested }: Rates): string {
  const smooth = losses.length > 0 ? smoothLosses(losses, steps) : [0];
  // What grows without end at the right leaves the frame.
  const most = Math.min(Math.max(...smooth), 1.5 * (smooth[0] ?? 1));
  const least = Math.min(...smooth);
  const [low, high] = [least - 0.1 * (most - least), most + 0.1 * (most - least) || 1];
  const decades = Math.log10(RANGE.to / RANGE.from);
  const x = (rate: number): number =>
    FRAME.left + ((FRAME.right - FRAME.left) * Math.log10(rate / RANGE.from)) / decades;
  const y = (loss: number): number =>
    FRAME.bottom - ((FRAME.bottom - FRAME.top) * (loss - low)) / (high - low);
  const line = (kind: string, values: readonly number[]): string => {
    const points = values.map((loss, at) => `${x(rates[at] ?? 1).toFixed(1)},${y(loss).toFixed(1)}`);
    return `<polyline class="${kind}" points="${points.join(' ')}"/>`;
  };
  const across = Array.from({ length: Math.round(decades) + 1 }, (_, decade) => RANGE.from * 10 ** decade);
  const up = Array.from({ length: 5 }, (_, tick) => low + ((high - low) * tick) / 4);
  const { left, right, top, bottom } = FRAME;
  const mark =
    suggested === undefined
      ? 'the loss does not fall'
      : `suggested rate ${shortRate(suggested)}: a tenth of where the smoothed loss is least`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">
<style>
  svg { background: #fff; color: #222 }
  .grid { stroke: #ddd } .raw { stroke: #2a6fbb; opacity: .4 } .smooth { stroke: #2a6fbb; stroke-width: 2.5 } .mark { stroke: #c0392b; stroke-dasharray: 5 4 }
  polyline { fill: none } text { fill: currentColor }
  @media (prefers-color-scheme: dark) { svg { background: #16181b; color: #ddd } .grid { stroke: #3a3d42 } .raw, .smooth { stroke: #6fb1f5 } .mark { stroke: #f08a7e } }
</style>
<title>Learning rate range test: ${mark}</title>
<clipPath id="frame"><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/></clipPath>
${across
  .map(
    (rate) =>
      `<line class="grid" x1="${x(rate)}" x2="${x(rate)}" y1="${top}" y2="${bottom}"/><text x="${x(rate)}" y="${bottom + 18}" text-anchor="middle">${shortRate(rate)}</text>`,
  )
  .join('\n')}
${up
  .map(
    (loss) =>
      `<line class="grid" x1="${left}" x2="${right}" y1="${y(loss)}" y2="${y(loss)}"/><text x="${left - 8}" y="${y(loss) + 4}" text-anchor="end">${loss.toFixed(2)}</text>`,
  )
  .join('\n')}
<g clip-path="url(#frame)">${line('raw', losses)}${line('smooth', smooth)}</g>
${suggested === undefined ? '' : `<line class="mark" x1="${x(suggested)}" x2="${x(suggested)}" y1="${top}" y2="${bottom}"/>`}
<text x="${left}" y="${top - 18}">${mark}</text>
<text x="${(left + right) / 2}" y="${bottom + 42}" text-anchor="middle">learning rate</text>
<text transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">loss (weighted sum of the three)</text>
</svg>
`;
}

/** Two digits: `0.0032`, `1e-6`. */
export const shortRate = (rate: number): string =>
  rate < 1e-3 ? rate.toExponential(1).replace('.0', '') : `${Number(rate.toPrecision(2))}`;
