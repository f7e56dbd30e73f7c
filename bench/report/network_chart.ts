import type { TopLevelSpec } from 'vega-lite';
import type { NetworkResults } from '../jobs/network';
import { COLORS, style, title } from './chart_style';
import { runTime } from './figures';
import type { Origin } from './origin';

/** What a bar is made of, from the left; an inference is forward alone. */
const PARTS = ['forward', 'backward', 'update'] as const;
const PART_COLORS = [COLORS.forward, COLORS.dx, COLORS.update];

/** Milliseconds per picture of inference and training step at every batch. */
export function networkBars(origin: Origin, results: NetworkResults): TopLevelSpec {
  const values = results.rows.flatMap((row) => {
    const parts = row.mode === 'infer' ? { forward: runTime(row) } : medians(row.times);
    const run = row.mode === 'infer' ? 'inference' : 'training step';
    return PARTS.flatMap((part, order) => {
      const time = parts[part];
      return time === undefined
        ? []
        : [{ run, batch: `batch ${row.batch}`, part, order, time: time / row.batch }];
    });
  });
  const batches = results.options.batches.map((batch) => `batch ${batch}`);
  const y = { field: 'batch', type: 'nominal', sort: batches, title: null } as const;
  const { size } = results.options;
  return {
    ...style(),
    title: title(origin, `GoogLeNet, ${size} x ${size}: milliseconds per picture`, [
      'medians; a training step of its parts, each alone',
    ]),
    data: { values },
    facet: {
      row: {
        field: 'run',
        type: 'nominal',
        title: null,
        header: { labelOrient: 'top', labelAnchor: 'start', labelFontSize: 13, labelFontWeight: 'bold' },
      },
    },
    spec: {
      width: 560,
      height: { step: 28 },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            y,
            x: { field: 'time', type: 'quantitative', title: 'ms per picture', axis: { grid: true } },
            order: { field: 'order' },
            color: {
              field: 'part',
              title: null,
              scale: { domain: [...PARTS], range: PART_COLORS },
              legend: { orient: 'top', direction: 'horizontal', symbolType: 'square' },
            },
          },
        },
        {
          transform: [{ aggregate: [{ op: 'sum', field: 'time', as: 'total' }], groupby: ['run', 'batch'] }],
          mark: { type: 'text', align: 'left', dx: 5, fontSize: 11, color: '#222' },
          encoding: {
            y,
            x: { field: 'total', type: 'quantitative' },
            text: { field: 'total', type: 'quantitative', format: ',.3r' },
          },
        },
      ],
    },
  };
}

const medians = (times: NetworkResults['rows'][number]['times']): Record<string, number> =>
  Object.fromEntries(Object.entries(times).map(([part, { median }]) => [part, median]));
