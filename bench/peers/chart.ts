import type { TopLevelSpec } from 'vega-lite';
import { COLORS, style, title } from '../report/chart_style';
import { dateOf, measuredIn, timesOurs, TITLES, type Result, type Row, type Table } from './result';
import { formatTime } from './table';

const WIDTH = 560;
const BAR = 34;

/** The tables as bars: medians, with a line from the 10th to the 90th percentile. */
export function peerBars(result: Result): TopLevelSpec {
  const { adapter: name, software, browser, machine, command } = result;
  const origin = {
    adapter: { name, software },
    runtime: `${browser}, ${machine}`,
    date: dateOf(result),
    command,
  };
  return {
    ...style(),
    title: title(origin, 'GoogLeNet beside its peers', [measuredIn(result)]),
    vconcat: result.tables.map(bars),
  };
}

function bars(table: Table) {
  const values = table.rows.map((row) => ({
    engine: `${row.title} ${row.version}`,
    of: row.name === 'ours' ? 'ours' : 'peer',
    median: row.median,
    p10: row.p10,
    p90: row.p90,
    text: label(table, row),
  }));
  const engines = values.map(({ engine }) => engine);
  const x = { type: 'quantitative', title: null, axis: null } as const;
  return {
    title: { text: TITLES[table.task], anchor: 'start', frame: 'group', fontSize: 13 } as const,
    data: { values },
    width: WIDTH,
    height: { step: BAR },
    encoding: {
      y: {
        field: 'engine',
        type: 'nominal',
        sort: engines,
        title: null,
        axis: { labelLimit: 300, ticks: false, domain: false },
      } as const,
    },
    layer: [
      {
        mark: { type: 'bar', height: 20 } as const,
        encoding: {
          x: { ...x, field: 'median' },
          color: {
            field: 'of',
            legend: null,
            scale: { domain: ['ours', 'peer'], range: [COLORS.forward, COLORS.update] },
          },
        },
      },
      {
        mark: { type: 'errorbar', ticks: { size: 8 }, color: '#333' } as const,
        encoding: { x: { ...x, field: 'p10' }, x2: { field: 'p90' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 11, color: '#333' } as const,
        encoding: { x: { ...x, field: 'p90' }, text: { field: 'text' } },
      },
    ],
  };
}

function label(table: Table, row: Row): string {
  const ratio = timesOurs(table, row);
  return `${formatTime(row.median)}${ratio === undefined || row.name === 'ours' ? '' : `, ${ratio.toFixed(1)} x ours`}`;
}
