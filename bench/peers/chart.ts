import { init, type Option } from './packages/echarts';
import { circumstances, timesOurs, TITLES, type Result, type Row, type Table } from './result';
import { formatTime } from './table';

const WIDTH = 900;
const HEAD = 110;
const LEFT = 190;
const RIGHT = 130;
const BAR = 34;
const GAP = 60;
const OURS = '#1f6fb2';
const PEER = '#b9bfc6';

/** The tables as bars: medians, with a line from the 10th to the 90th percentile. An SVG file's text. */
export function chart(result: Result): string {
  const height = HEAD + result.tables.reduce((sum, table) => sum + heightOf(table), 0);
  const drawn = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  drawn.setOption(optionOf(result));
  const svg = drawn.renderToSVGString();
  drawn.dispose();
  return svg;
}

const heightOf = (table: Table): number => table.rows.length * BAR + GAP;

function optionOf(result: Result): Option {
  const [adapter = '', ...rest] = circumstances(result);
  let top = HEAD;
  const places = result.tables.map((table) => {
    const place = { table, top };
    top += heightOf(table);
    return place;
  });
  const text = { fontFamily: 'sans-serif', color: '#333' };
  return {
    animation: false,
    backgroundColor: '#fff',
    textStyle: text,
    title: [
      {
        text: `GoogLeNet on ${adapter}`,
        subtext: rest.join('\n'),
        left: 16,
        top: 10,
        textStyle: { ...text, fontSize: 16 },
        subtextStyle: { ...text, color: '#666', lineHeight: 17 },
      },
      ...places.map(({ table, top }) => ({
        text: TITLES[table.task],
        left: 16,
        top: top + 4,
        textStyle: { ...text, fontSize: 13 },
      })),
    ],
    grid: places.map(({ table, top }) => ({
      left: LEFT,
      right: RIGHT,
      top: top + 30,
      height: table.rows.length * BAR,
    })),
    xAxis: places.map(({ table }, gridIndex) => ({
      type: 'value',
      gridIndex,
      min: 0,
      max: longestOf(table),
      show: false,
    })),
    yAxis: places.map(({ table }, gridIndex) => ({
      type: 'category',
      gridIndex,
      inverse: true,
      data: table.rows.map(({ title, version }) => `${title} ${version}`),
      axisTick: { show: false },
      axisLine: { show: false },
    })),
    series: places.flatMap(({ table }, index) => [bars(table, index), spreads(table, index)]),
  };
}

function bars(table: Table, index: number) {
  const label = (row: Row): string => {
    const ratio = timesOurs(table, row);
    return `${formatTime(row.median)}${ratio === undefined || row.name === 'ours' ? '' : `, ${ratio.toFixed(1)} x ours`}`;
  };
  return {
    type: 'bar',
    xAxisIndex: index,
    yAxisIndex: index,
    barWidth: 20,
    data: table.rows.map((row) => ({
      value: row.median,
      itemStyle: { color: row.name === 'ours' ? OURS : PEER },
      label: {
        show: true,
        position: 'right',
        // Beyond the end of the spread, which lies over the bar.
        offset: [offsetOf(table, row), 0],
        formatter: label(row),
        color: '#333',
      },
    })),
  };
}

const longestOf = (table: Table): number => Math.max(...table.rows.map(({ p90 }) => p90));

/** Pixels from the end of a bar to the end of its spread. */
function offsetOf(table: Table, row: Row): number {
  return ((row.p90 - row.median) / longestOf(table)) * (WIDTH - LEFT - RIGHT);
}

interface Api {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly [number, number];
}

function spreads(table: Table, index: number) {
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    z: 10,
    encode: { x: [1, 2], y: 0 },
    data: table.rows.map(({ p10, p90 }, row) => [row, p10, p90]),
    renderItem(_params: unknown, api: Api) {
      const [left, y] = api.coord([api.value(1), api.value(0)]);
      const [right] = api.coord([api.value(2), api.value(0)]);
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line',
        shape: { x1, y1, x2, y2 },
        style: { stroke: '#333', lineWidth: 1.2 },
      });
      const children = [
        line(left, y, right, y),
        line(left, y - 4, left, y + 4),
        line(right, y - 4, right, y + 4),
      ];
      return { type: 'group', children };
    },
  };
}
