import type { TopLevelSpec } from 'vega-lite';
import { liveBytes, type MemoryKind } from '../../src/graph/memory/lifetimes';
import type { Plan } from '../../src/graph/plan';
import { COLORS, style, title } from '../report/chart_style';
import type { Origin } from '../report/origin';

const KINDS: Readonly<Record<MemoryKind, string>> = {
  input: COLORS.update,
  activation: COLORS.forward,
  gradient: COLORS.dx,
  scratch: COLORS.dw,
};

const WIDTH = 900;
const HEIGHT = 460;
/** Share of the picture's area from which on a value is named in it, and of its sides. */
const NAMED = { area: 0.003, height: 0.026 };

const MB = 1e6;

interface Scaled {
  readonly type: 'quantitative';
  readonly scale: { domain: number[]; nice: boolean };
}

/**
 * Who lives where in the slots, and when: a rectangle for each value, from its first to its last dispatch; above it what
 * is needed at each dispatch, under the line of what is planned.
 */
export function memoryPicture(origin: Origin, name: string, plan: Plan): TopLevelSpec {
  const { launches, slots, tenants } = plan;
  const end = launches.length;
  const planned = slots.reduce((sum, bytes) => sum + bytes, 0);
  const bases = slots.map((_, slot) => slots.slice(0, slot).reduce((sum, bytes) => sum + bytes, 0));
  const boxes = tenants.map(({ label, kind, bytes, first, last, home }) => {
    const [from, to] = [Math.max(0, first), Math.min(end, last + 1)];
    const bottom = (bases[home.buffer as number] ?? 0) + home.offset;
    const [across, up] = [(to - from) / end, bytes / planned];
    const isNamed = across * up >= NAMED.area && up >= NAMED.height && across * WIDTH > 6.2 * label.length;
    const middle = { x: (from + to) / 2, y: (bottom + bytes / 2) / MB };
    return {
      kind,
      from,
      to,
      bottom: bottom / MB,
      top: (bottom + bytes) / MB,
      name: isNamed ? label : '',
      ...middle,
    };
  });
  const needed = Object.keys(KINDS).flatMap((kind) => {
    const own = tenants.filter((tenant) => tenant.kind === kind);
    const live = [...liveBytes(own, end)].slice(1, -1);
    // So that the last step has a width.
    live.push(live.at(-1) ?? 0);
    return live.map((bytes, dispatch) => ({ kind, dispatch, bytes: bytes / MB }));
  });
  const backward = launches.findIndex(({ part }) => part === 'backward');
  const parts = backward > 0 ? [{ dispatch: backward, text: 'backward' }] : [];

  const x: Scaled = { type: 'quantitative', scale: { domain: [0, end], nice: false } };
  const color = {
    field: 'kind',
    title: null,
    scale: { domain: Object.keys(KINDS), range: Object.values(KINDS) },
    legend: { orient: 'top', direction: 'horizontal', symbolType: 'square' },
  } as const;
  const boundary = {
    data: { values: parts },
    mark: { type: 'rule' as const, strokeDash: [4, 3], color: '#222' },
    encoding: { x: { ...x, field: 'dispatch' } },
  };
  const boundaryText = {
    data: { values: parts },
    mark: {
      type: 'text' as const,
      align: 'left' as const,
      baseline: 'bottom' as const,
      dx: 4,
      fontSize: 11,
      color: '#222',
    },
    encoding: { x: { ...x, field: 'dispatch' }, y: { value: -2 }, text: { field: 'text' } },
  };
  const slotNames = slots.map((bytes, slot) => ({
    base: (bases[slot] ?? 0) / MB,
    middle: ((bases[slot] ?? 0) + bytes / 2) / MB,
    text: bytes / planned > 0.02 ? `slot ${slot}` : '',
  }));
  const y: Scaled = { type: 'quantitative', scale: { domain: [0, planned / MB], nice: false } };
  return {
    ...style(),
    title: title(origin, `${name}: who lives where, and when`, [
      'above: what each dispatch needs, and (line) what the slots hold; below: the slots, one above the other',
    ]),
    vconcat: [
      {
        width: WIDTH,
        height: 120,
        layer: [
          {
            data: { values: needed },
            mark: { type: 'area', interpolate: 'step-after' },
            encoding: {
              x: { ...x, field: 'dispatch', title: null },
              y: { field: 'bytes', type: 'quantitative', title: 'MB needed', stack: 'zero' },
              color,
              order: { field: 'kind', sort: 'descending' },
            },
          },
          {
            data: { values: [{ planned: planned / MB }] },
            mark: { type: 'rule', color: '#222' },
            encoding: { y: { field: 'planned', type: 'quantitative' } },
          },
          boundary,
          boundaryText,
        ],
      },
      {
        width: WIDTH,
        height: HEIGHT,
        layer: [
          {
            data: { values: boxes },
            mark: { type: 'rect', stroke: 'white', strokeWidth: 0.4, opacity: 0.9 },
            encoding: {
              x: { ...x, field: 'from', title: 'dispatch' },
              x2: { field: 'to' },
              y: { ...y, field: 'bottom', title: 'MB in slots', axis: { grid: false } },
              y2: { field: 'top' },
              color,
            },
          },
          {
            data: { values: boxes.filter((box) => box.name !== '') },
            mark: { type: 'text', fontSize: 9, color: 'white', baseline: 'middle' },
            encoding: { x: { ...x, field: 'x' }, y: { ...y, field: 'y' }, text: { field: 'name' } },
          },
          {
            data: { values: slotNames },
            mark: { type: 'rule', color: '#222' },
            encoding: { y: { ...y, field: 'base' } },
          },
          {
            data: { values: slotNames },
            mark: { type: 'text', align: 'left', dx: 6, fontSize: 11, color: '#222', baseline: 'middle' },
            encoding: { x: { value: WIDTH }, y: { ...y, field: 'middle' }, text: { field: 'text' } },
          },
          boundary,
        ],
      },
    ],
  };
}
