import type { TopLevelSpec } from 'vega-lite';
import { sizeOf } from '../../src/core/shape';
import { TARGETS } from '../../src/core/targets';
import { estimate } from '../../src/graph/memory/estimate';
import { Graph } from '../../src/graph/graph';
import { multiplyAddsOf } from '../../src/graph/work';
import { googlenet } from '../../src/models/googlenet';
import { layers } from '../../src/models/layers';
import { byName } from '../../src/ops/conv/by_name';
import type { Adapter } from '../jobs/context';
import { FULL, SMALL, type TutorialResults } from '../jobs/tutorial';
import { COLORS, style } from '../report/chart_style';

const GREY = '#57606a';

const nameOf = ({ name, software }: Adapter): string => (software ? `${name}, a software adapter` : name);

const title = (text: string, ...subtitle: string[]) => ({
  text,
  subtitle,
  anchor: 'start' as const,
  frame: 'group' as const,
  fontSize: 15,
  fontWeight: 'normal' as const,
  subtitleFontSize: 12,
  subtitleColor: GREY,
  subtitleLineHeight: 16,
  offset: 12,
});

/** inception3a.conv2, as part 1 has it. */
const LAYER = { channels: 128, inputs: 96, plane: 28 };

/** The kernel that a plan takes for the layer, for one image or more. */
function kernelFor(batch: number, name?: string) {
  const graph = new Graph();
  const x = graph.input('x', [batch, LAYER.inputs, LAYER.plane, LAYER.plane]);
  const y = layers(graph).conv('conv2', x, { channels: LAYER.channels, kernel: 3, padding: 1 });
  const target = { ...TARGETS.gpu, ...(name !== undefined && { choose: byName(name) }) };
  const { launches } = estimate(graph, { target, keep: [y] }).plan;
  return launches[0]?.choice?.kernel ?? '';
}

/** Numbers that a launch loads, by tile: all tiles, each with as many rows of A and columns of B as it has. */
export function trafficChart(): TopLevelSpec {
  const { channels, inputs, plane } = LAYER;
  const [rows, inner] = [plane * plane, 9 * inputs];
  const loads = (kernel: string): number => {
    const [, down = 1, across = 1] = (/(\d+)x(\d+)/.exec(kernel) ?? []).map(Number);
    return Math.ceil(rows / down) * Math.ceil(channels / across) * inner * (down + across);
  };
  const chosen = kernelFor(1);
  const many = kernelFor(32);
  const values = [
    { kernel: 'no tile: two numbers a product', loaded: 2 * rows * channels * inner },
    ...['scalar 4x4', 'register 8x8', chosen, many].map((name) => ({ kernel: name, loaded: loads(name) })),
    { kernel: 'each number of x and w once', loaded: rows * inputs + inner * channels },
  ].map((row) => ({
    ...row,
    kernel: row.kernel
      .replace(chosen, `${chosen}: a GPU's, 1 image`)
      .replace(many, `${many}: a GPU's, 32 images`),
    million: row.loaded / 1e6,
    text: (row.loaded / 1e6).toPrecision(3),
  }));
  const y = { field: 'kernel', type: 'nominal', sort: null, title: null, axis: { labelLimit: 600 } } as const;
  const x = { field: 'million', type: 'quantitative' } as const;
  return {
    ...style(),
    title: title(
      'inception3a.conv2, one image: numbers that a launch loads from buffers',
      `${((rows * channels * inner) / 1e6).toFixed(1)} million multiply-adds. Counted from the tiles of the kernels, not measured.`,
    ),
    data: { values },
    width: 430,
    height: { step: 26 },
    layer: [
      {
        mark: { type: 'bar', color: COLORS.forward },
        encoding: { y, x: { ...x, title: 'million numbers', axis: { grid: true } } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 5, fontSize: 11, color: '#222' },
        encoding: { y, x, text: { field: 'text' } },
      },
    ],
  };
}

export function gradientChart({ adapter, norms }: TutorialResults): TopLevelSpec {
  const stages = [...new Set(norms.map(({ stage }) => stage))];
  const heads = [...new Set(norms.map((norm) => norm.heads))];
  return {
    ...style(),
    title: title(
      'Norm of the gradient of each stage: all its weights and biases',
      `New weights (He), ${FULL.batch} images of noise, ${FULL.inputSize} x ${FULL.inputSize}, ${FULL.classes} classes; ${nameOf(adapter)}.`,
      'The heads read inception4a and inception4d: what lies before them gets a second and a third gradient.',
    ),
    data: { values: norms.map((row) => ({ ...row })) },
    width: 640,
    height: 220,
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'stage', type: 'nominal', sort: stages, title: null, axis: { labelAngle: -35 } },
      xOffset: { field: 'heads', sort: heads },
      y: { field: 'norm', type: 'quantitative', title: 'norm' },
      color: {
        field: 'heads',
        title: null,
        scale: { domain: heads, range: [COLORS.forward, COLORS.dx] },
        legend: { orient: 'top', direction: 'horizontal', symbolType: 'square', labelLimit: 600 },
      },
    },
  };
}

/** Table 1 of the paper: thousands of parameters, millions of multiply-adds. */
const PAPER: Readonly<Record<string, readonly [thousands: number, millions: number]>> = {
  conv1: [2.7, 34],
  conv2: [112, 360],
  inception3a: [159, 128],
  inception3b: [380, 304],
  inception4a: [364, 73],
  inception4b: [437, 88],
  inception4c: [463, 100],
  inception4d: [580, 119],
  inception4e: [840, 170],
  inception5a: [1072, 54],
  inception5b: [1388, 71],
  linear5: [1000, 1],
};

export function networkChart(): TopLevelSpec {
  const { graph } = googlenet({ classes: 1000, batch: 1 });
  const stageOf = (name: string): string => name.replace('reduce2', 'conv2').replace(/\..*/, '');
  const panels = ['thousand parameters', 'million multiply-adds'] as const;
  const values = Object.entries(PAPER).flatMap(([stage, paper]) => {
    const parameters = [...graph.variables]
      .filter(([name]) => stageOf(name) === stage)
      .reduce((sum, [, { value }]) => sum + sizeOf(value.shape), 0);
    const products = graph.nodes
      .filter(({ label }) => stageOf(label) === stage)
      .reduce((sum, node) => sum + multiplyAddsOf(node), 0);
    return [parameters / 1e3, products / 1e6].map((count, index) => ({
      stage,
      panel: panels[index] ?? '',
      count,
      paper: paper[index] ?? 0,
    }));
  });
  const y = { field: 'stage', type: 'nominal', sort: null, title: null } as const;
  return {
    ...style(),
    title: title(
      'Table 1: parameters and multiply-adds of each stage, for an image of 224 x 224',
      'Bars: counted from the graph. Black lines: what the paper says.',
    ),
    hconcat: panels.map((panel, index) => ({
      data: { values: values.filter((row) => row.panel === panel) },
      width: 270,
      height: { step: 19 },
      encoding: { y: { ...y, ...(index > 0 && { axis: { labels: false, ticks: false } }) } },
      layer: [
        {
          mark: { type: 'bar' as const, color: index === 0 ? COLORS.dw : COLORS.forward },
          encoding: {
            x: { field: 'count', type: 'quantitative' as const, title: panel, axis: { grid: true } },
          },
        },
        {
          mark: { type: 'tick' as const, color: '#222', thickness: 2, size: 15 },
          encoding: { x: { field: 'paper', type: 'quantitative' as const } },
        },
      ],
    })),
  };
}

export function stepChart({ adapter, step }: TutorialResults, rates: readonly number[]): TopLevelSpec {
  const [start = 0] = step.losses;
  const lines = ['loss after a step of this rate', 'what the gradient promises'];
  const [measured, promised] = lines;
  const lowest = Math.min(...step.losses);
  const values = rates.flatMap((rate, index) => {
    const linear = start - rate * step.squared;
    return [
      { rate, line: measured, loss: step.losses[index] ?? NaN },
      ...(linear > lowest - 0.3 ? [{ rate, line: promised, loss: linear }] : []),
    ];
  });
  return {
    ...style(),
    title: title(
      'The loss after steps against the gradient: main + 0.3 aux1 + 0.3 aux2',
      `All weights moved by -rate * gradient. A network with an eighth of the channels, ${SMALL.batch} images of noise,`,
      `${SMALL.inputSize} x ${SMALL.inputSize}, ${SMALL.classes} classes, new weights (He); ${nameOf(adapter)}.`,
    ),
    data: { values },
    width: 560,
    height: 220,
    mark: { type: 'line', point: { size: 22 } },
    encoding: {
      x: { field: 'rate', type: 'quantitative', title: 'rate' },
      y: { field: 'loss', type: 'quantitative', title: 'loss', scale: { zero: false } },
      color: {
        field: 'line',
        title: null,
        scale: { domain: lines, range: [COLORS.forward, COLORS.dx] },
        legend: { orient: 'top', direction: 'horizontal', labelLimit: 600 },
      },
    },
  };
}
