// All other ops, forward and backward, in vectors of four channels and without.
import type { Op } from '../core/op';
import { slidingWindow, windowOutput, type Padding, type Pair, type Shape } from '../core/shape';
import { add } from '../ops/add';
import { avgPool, avgPoolGrad } from '../ops/avg_pool';
import { bias } from '../ops/bias';
import { concat, slice } from '../ops/concat';
import { crossEntropy } from '../ops/cross_entropy';
import { dropout } from '../ops/dropout';
import { flatten } from '../ops/flatten';
import { maxPool, maxPoolGrad } from '../ops/max_pool';
import { pixels } from '../ops/pixels';
import { relu } from '../ops/relu';
import type { CheckInput } from './inputs';
import { opCase, type OpCase } from './op_check';

/** Numbers that are moved, chosen or rounded once or twice. */
const EXACT = 1e-6;
/** Sums, and exponentials and logarithms, which WGSL lets err by some units of the last place. */
const SUMS = 1e-5;

const BOTH = { outputs: 'forward', gradientsBy: 'backward' } as const;

const VECTORS: Shape = [2, 8, 7, 5];
const ODD: Shape = [3, 5, 5, 7];
const SHAPES = [
  ['vectors', VECTORS],
  ['odd channels', ODD],
] as const;

const inBoth = (make: (name: string, shape: Shape) => OpCase): OpCase[] =>
  SHAPES.map(([name, shape]) => make(name, shape));

const pool = (
  op: typeof maxPool | typeof avgPool,
  name: string,
  shape: Shape,
  [kernel, stride, padding]: readonly [Pair, Pair, Padding],
): OpCase =>
  opCase(op as typeof avgPool, {
    name: `${op.name}/${name}`,
    // Ties, where the first maximum must win.
    inputs: { x: { shape, values: op === maxPool ? 'coarse' : 'uniform' } },
    attrs: { window: slidingWindow(name, kernel, stride, padding) },
    gradients: ['x'],
    ...BOTH,
    tolerance: SUMS,
  });

const pools = [maxPool, avgPool].flatMap((op) => [
  pool(op, 'vectors, stride 2', [2, 8, 11, 8], [3, 2, 1]),
  pool(op, 'odd channels, stride 1', [2, 3, 9, 7], [3, 1, 1]),
  pool(
    op,
    'uneven',
    [2, 4, 6, 5],
    [
      [3, 2],
      [2, 1],
      [1, 0, 0, 1],
    ],
  ),
]);

/** The same op with its last touches: the graph's rewrites add `add` and `mask`. */
const touched = (
  name: string,
  op: Op,
  base: Pick<OpCase, 'inputs' | 'attrs' | 'tolerance'>,
  shape: Shape,
  touches: readonly ('add' | 'mask')[] = ['add', 'mask'],
): OpCase => {
  const of: Readonly<Record<'add' | 'mask', CheckInput>> = {
    add: { shape },
    mask: { shape, values: 'coarse' },
  };
  const more = Object.fromEntries(touches.map((touch) => [touch, of[touch]]));
  return { ...base, name, op, inputs: { ...base.inputs, ...more }, outputs: 'backward' };
};

/** Windows that cover the whole plane: then a maximum may have been anywhere. */
const touchedMaxPool = (name: string, x: Shape): OpCase => {
  const [, , height = 1, width = 1] = x;
  const argmax = { shape: x, dtype: 'u32', values: 'words', below: height * width } as const;
  return touched(
    `max_pool/${name}, gradient added and masked`,
    maxPoolGrad,
    {
      inputs: { dy: { shape: x }, argmax },
      attrs: { window: slidingWindow(name, 5, 1, 2), x },
      tolerance: SUMS,
    },
    x,
  );
};

const touchedAvgPool = (name: string, x: Shape): OpCase => {
  const [batch = 1, channels = 1, height = 1, width = 1] = x;
  const window = slidingWindow(name, 3, 2, 1);
  const dy = { shape: [batch, channels, ...windowOutput(name, [height, width], window)] };
  return touched(
    `avg_pool/${name}, gradient added and masked`,
    avgPoolGrad,
    { inputs: { dy }, attrs: { window, x }, tolerance: SUMS },
    x,
  );
};

const drop = (name: string, shape: Shape) => ({
  inputs: { x: { shape } },
  attrs: { p: 0.4, layer: name },
  tolerance: EXACT,
});

const STEP = { seed: 20, step: 3, first_picture: 6 };

const labels = (rows: number, classes: number) =>
  ({ shape: [rows], dtype: 'u32', values: 'words', below: classes }) as const;

export const OTHER_OPS: readonly OpCase[] = [
  ...inBoth((name, shape) =>
    opCase(add, {
      name: `add/${name}`,
      inputs: { x0: { shape }, x1: { shape } },
      attrs: {},
      gradients: ['x0', 'x1'],
      ...BOTH,
      tolerance: EXACT,
    }),
  ),
  ...inBoth((name, shape) =>
    touched(
      `add/${name}, masked`,
      add,
      { inputs: { x0: { shape }, x1: { shape } }, attrs: {}, tolerance: EXACT },
      shape,
      ['mask'],
    ),
  ),
  ...inBoth((name, shape) =>
    opCase(bias, {
      name: `bias/${name}`,
      inputs: { x: { shape }, b: { shape: [shape[1] ?? 1] } },
      attrs: {},
      gradients: ['x', 'b'],
      ...BOTH,
      tolerance: SUMS,
    }),
  ),
  ...inBoth((name, shape) =>
    opCase(relu, {
      name: `relu/${name}`,
      inputs: { x: { shape, values: 'coarse' } },
      attrs: {},
      gradients: ['x'],
      ...BOTH,
      tolerance: EXACT,
    }),
  ),
  ...pools,
  ...inBoth((name, [batch = 1, channels = 1]) => touchedMaxPool(name, [batch, channels, 3, 2])),
  ...inBoth(touchedAvgPool),
  ...(
    [
      ['vectors', [4, 12, 8]],
      ['odd channels', [1, 5, 3, 2]],
    ] as const
  ).map(([name, channels]) =>
    opCase(concat, {
      name: `concat/${name}`,
      inputs: Object.fromEntries(channels.map((count, i) => [`x${i}`, { shape: [3, count, 5, 7] }])),
      attrs: {},
      gradients: channels.map((_, i) => `x${i}`),
      ...BOTH,
      tolerance: EXACT,
    }),
  ),
  opCase(slice, {
    name: 'slice/8 channels from channel 2 of 16',
    inputs: { x: { shape: [2, 16, 3, 5] } },
    attrs: { first: 2, channels: 8 },
    outputs: 'forward',
    tolerance: EXACT,
  }),
  ...inBoth((name, shape) =>
    opCase(flatten, {
      name: `flatten/${name}`,
      inputs: { x: { shape } },
      attrs: {},
      gradients: ['x'],
      ...BOTH,
      tolerance: EXACT,
    }),
  ),
  ...inBoth((name, shape) =>
    opCase(dropout, {
      ...drop(name, shape),
      name: `dropout/${name}`,
      gradients: ['x'],
      ...BOTH,
      step: STEP,
    }),
  ),
  ...inBoth((name, shape) => ({
    ...touched(`dropout/${name}, masked`, dropout, drop(name, shape), shape, ['mask']),
    step: STEP,
  })),
  opCase(crossEntropy, {
    name: 'cross_entropy/65 classes',
    inputs: { x: { shape: [5, 65] }, labels: labels(5, 65) },
    attrs: {},
    gradients: ['x'],
    ...BOTH,
    tolerance: SUMS,
  }),
  opCase(pixels, {
    name: 'pixels/bytes',
    inputs: { x: { shape: [3, 1, 5, 7], dtype: 'u32', values: 'words', below: 2 ** 32 } },
    attrs: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    outputs: 'forward',
    tolerance: EXACT,
  }),
];
