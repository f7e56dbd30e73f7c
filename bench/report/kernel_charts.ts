import type { TopLevelSpec } from 'vega-lite';
import type { KernelResults, KernelRow } from '../jobs/kernels';
import { FORMS } from '../jobs/choices';
import { COLORS, style, title } from './chart_style';
import { peakOfKernels, rateOf } from './figures';
import type { Origin } from './origin';

const NAMES = { forward: 'forward', dx: 'input gradient', dw: 'weight gradient' } as const;
const ROW = 27;
/** Points of the roofline with their layer's name. */
const NAMED = 4;

/** Of each layer and form the quickest kernel that was measured. */
function quickest(rows: readonly KernelRow[]): KernelRow[] {
  const best = new Map<string, KernelRow>();
  for (const row of rows) {
    const key = `${row.layer} ${row.form}`;
    const other = best.get(key);
    if (!other || row.time.median < other.time.median) best.set(key, row);
  }
  return [...best.values()];
}

const byForm = (rows: readonly KernelRow[]) => {
  const present = FORMS.filter((form) => rows.some((row) => row.form === form));
  return {
    field: 'form',
    title: null,
    scale: { domain: present.map((form) => NAMES[form]), range: present.map((form) => COLORS[form]) },
    legend: { orient: 'top', direction: 'horizontal', symbolType: 'square' },
  } as const;
};

/** GFLOP/s of every layer, in the network's order. */
export function kernelBars(origin: Origin, results: KernelResults): TopLevelSpec {
  const rows = quickest(results.rows);
  const peak = peakOfKernels(results);
  const values = rows.map((row) => ({
    layer: `${row.layer}  ${row.sizes}`,
    form: NAMES[row.form],
    rate: rateOf(row),
    slow: rateOf({ ...row, time: { ...row.time, median: row.time.p90 } }),
    quick: rateOf({ ...row, time: { ...row.time, median: row.time.p10 } }),
  }));
  const layers = [...new Set(values.map(({ layer }) => layer))];
  const y = { field: 'layer', type: 'nominal', sort: layers, title: null } as const;
  const offset = { field: 'form', sort: Object.values(NAMES) } as const;
  return {
    ...style(),
    title: title(origin, `Convolution and linear layers alone, batch ${results.options.batch}`, [
      `bars: median, lines: 10th to 90th percentile; the peak of a loop of multiply-adds is ${peak.toFixed(0)} GFLOP/s`,
    ]),
    data: { values },
    width: 640,
    height: { step: ROW / new Set(values.map(({ form }) => form)).size },
    encoding: { y: { ...y, axis: { labelLimit: 400 }, scale: { paddingInner: 0.25 } }, yOffset: offset },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x: {
            field: 'rate',
            type: 'quantitative',
            title: 'GFLOP/s',
            axis: { orient: 'bottom', grid: true },
          },
          color: byForm(rows),
        },
      },
      {
        mark: { type: 'rule', color: '#222', strokeWidth: 1 },
        encoding: { x: { field: 'slow', type: 'quantitative' }, x2: { field: 'quick' } },
      },
    ],
  };
}

/** Each layer under the roof: what memory allows at its multiply-adds per byte, and the peak. */
export function roofline(origin: Origin, results: KernelResults): TopLevelSpec {
  const rows = quickest(results.rows);
  const peak = peakOfKernels(results);
  const { gigabytes } = results.roof;
  const points = rows.map((row) => ({
    layer: row.layer,
    form: NAMES[row.form],
    intensity: (2 * row.multiplyAdds) / row.bytes,
    rate: rateOf(row),
    time: row.time.median * row.count,
  }));
  // Names only for those that cost most, and not for neighbours: all would hide each other.
  const named: typeof points = [];
  for (const point of [...points].sort((a, b) => b.time - a.time)) {
    const near = (other: typeof point): boolean =>
      other.layer === point.layer ||
      Math.abs(Math.log10(other.intensity / point.intensity)) +
        Math.abs(Math.log10(other.rate / point.rate)) <
        0.4;
    if (named.length < NAMED && !named.some(near)) named.push(point);
  }
  const intensities = points.map(({ intensity }) => intensity);
  const ridge = peak / gigabytes;
  const low = Math.min(...intensities, ridge) / 2;
  const high = Math.max(...intensities, ridge) * 2;
  const roof = [low, ridge, high].map((intensity) => ({
    intensity,
    rate: Math.min(peak, intensity * gigabytes),
  }));
  const bottom = Math.min(...points.map(({ rate }) => rate)) / 2;
  const x = {
    field: 'intensity',
    type: 'quantitative' as const,
    title: 'FLOP per byte, every tensor moved once',
    scale: { type: 'log' as const, domain: [low, high], nice: false },
    axis: { format: '~g', values: ticks(low, high) },
  };
  const y = {
    field: 'rate',
    type: 'quantitative' as const,
    title: 'GFLOP/s',
    scale: { type: 'log' as const, domain: [bottom, peak * 1.6], nice: false },
    axis: { format: '~g', values: ticks(bottom, peak * 1.6) },
  };
  return {
    ...style(),
    title: title(origin, `Roofline, batch ${results.options.batch}`, [
      `roof: ${peak.toFixed(0)} GFLOP/s by a loop of multiply-adds, ${gigabytes.toFixed(1)} GB/s by a copy; area: time in the network`,
    ]),
    width: 720,
    height: 420,
    layer: [
      { data: { values: roof }, mark: { type: 'line', color: '#444', strokeWidth: 2 }, encoding: { x, y } },
      {
        data: { values: points },
        mark: { type: 'circle', opacity: 0.75 },
        encoding: {
          x,
          y,
          color: byForm(rows),
          size: { field: 'time', type: 'quantitative' as const, legend: null, scale: { range: [25, 700] } },
        },
      },
      {
        data: { values: named },
        mark: { type: 'text', dy: -20, fontSize: 11, color: '#222' },
        encoding: { x, y, text: { field: 'layer' } },
      },
    ],
  };
}

/** 1, 2 and 5 times the powers of ten between two numbers. */
function ticks(low: number, high: number): number[] {
  const powers = Array.from({ length: 24 }, (_, index) => 10 ** (index - 12));
  return powers
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((tick) => tick >= low && tick <= high);
}
