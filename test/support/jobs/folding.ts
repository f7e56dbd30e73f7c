import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { opCase, type CaseInput, type OpCase } from '../op_case';
import * as addReference from '../reference/add';
import * as avgPoolReference from '../reference/avg_pool';
import * as biasReference from '../reference/bias';
import * as concatReference from '../reference/concat';
import * as conv2dReference from '../reference/conv2d';
import * as crossEntropyReference from '../reference/cross_entropy';
import * as dropoutReference from '../reference/dropout';
import * as maxPoolReference from '../reference/max_pool';
import * as reluReference from '../reference/relu';
import { runCase, type OpReport } from './check_op';
import { slidingWindow, type Shape } from '../../../src/core/shape';
import type { Target } from '../../../src/core/op';
import { withChoice } from '../../../src/gpu/engine';
import { byName } from '../../../src/ops/conv/choices';
import { add } from '../../../src/ops/add';
import { avgPool } from '../../../src/ops/avg_pool';
import { bias } from '../../../src/ops/bias';
import { concat } from '../../../src/ops/concat';
import { conv2d } from '../../../src/ops/conv2d';
import { crossEntropy } from '../../../src/ops/cross_entropy';
import { dropout } from '../../../src/ops/dropout';
import { maxPool } from '../../../src/ops/max_pool';
import { relu } from '../../../src/ops/relu';

/** Few enough that the small tensors below need several rows of workgroups, more than one so that rows matter. */
const LIMIT = 2;

// Of sums of up to 288 numbers; see the op's own cases.
const tolerance = { relative: 3e-6, nmse: 1e-11 };
const pool = { window: slidingWindow('pool', 3, 1, 1) };
const x: CaseInput = { shape: [3, 5, 9, 11] };

const conv = (name: string, shape: Shape, out: number): OpCase =>
  opCase(conv2d, {
    name,
    inputs: { x: { shape }, w: { shape: [out, shape[1] ?? 1, 3, 3] } },
    attrs: pool,
    reference: conv2dReference,
    tolerance,
  });

/** Each launch of these, forward and backward, takes more than LIMIT workgroups, but for sums of few numbers. */
const cases: readonly OpCase[] = [
  opCase(add, { name: 'add', inputs: { x0: x, x1: x }, attrs: {}, reference: addReference, tolerance }),
  opCase(relu, { name: 'relu', inputs: { x }, attrs: {}, reference: reluReference, tolerance }),
  opCase(avgPool, { name: 'avg_pool', inputs: { x }, attrs: pool, reference: avgPoolReference, tolerance }),
  opCase(maxPool, { name: 'max_pool', inputs: { x }, attrs: pool, reference: maxPoolReference, tolerance }),
  opCase(concat, {
    name: 'concat',
    inputs: { x0: x, x1: { shape: [3, 7, 9, 11] } },
    attrs: {},
    reference: concatReference,
    tolerance,
  }),
  opCase(bias, {
    name: 'bias',
    inputs: { x: { shape: [1, 203, 5, 5] }, b: { shape: [203] } },
    attrs: {},
    reference: biasReference,
    tolerance,
  }),
  opCase(dropout, {
    name: 'dropout',
    inputs: { x: { shape: [4, 5, 13, 13] } },
    attrs: { p: 0.5, layer: 'drop' },
    reference: dropoutReference,
    tolerance,
  }),
  opCase(crossEntropy, {
    name: 'cross_entropy',
    inputs: { x: { shape: [7, 5] }, labels: { shape: [7], dtype: 'u32', values: 'labels', below: 5 } },
    attrs: {},
    reference: crossEntropyReference,
    tolerance,
  }),
  conv('conv2d', [2, 32, 12, 12], 32),
  conv('conv2d, odd channels', [2, 9, 12, 12], 18),
];

/** Runs a case, by name, as on an adapter that takes few workgroups in a dimension; convolutions by `family`. */
export async function checkFolded(
  context: JobContext,
  { name, family }: { name: string; family: string },
): Promise<Omit<OpReport, 'forced'>> {
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`checkFolded: no case of this name; got ${name}`);
  const shared = await sharedEngine(context);
  const engine = family === '' ? shared : withChoice(shared, byName(family));
  const target: Target = { ...engine.target, maxWorkgroupsPerDimension: LIMIT };
  return runCase({ ...engine, target }, found);
}
