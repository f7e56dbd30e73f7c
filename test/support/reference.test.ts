// The float64 references define the ops; here their gradients are held against finite differences of themselves, in
// every case of src/ops/cases whose numbers are few and smooth.
import { describe, expect, it } from 'vitest';
import { sizeOf, slidingWindow } from '../../src/core/shape';
import { reference as conv2d } from '../../src/ops/cases/conv2d';
import { reference as maxPool } from '../../src/ops/cases/max_pool';
import { CASES } from '../../src/ops/cases/support/all';
import { caseStep } from '../../src/ops/cases/support/op_case';
import { get, tensor } from '../../src/ops/cases/support/tensor';
import { differencesOf, hasDifferences } from './differences';

// The third derivatives are of order 1, so a step of 1e-5 errs by 1e-10; rounding adds 1e-16 * 10 / 1e-5 = 1e-10.
const ALLOWED = 1e-8;

const trials = CASES.filter(hasDifferences).flatMap((each) =>
  each.differences.map((input) => ({ name: each.name, input, each })),
);

it.each(trials)('$name: gradient of $input equals central differences', ({ input, each }) => {
  const { gradient, differences } = differencesOf(each, input);
  expect(gradient.shape).toEqual(each.inputs[input]?.shape);
  expect(gradient.data.length).toBe(sizeOf(gradient.shape));
  const worst = differences.map((value, index) => Math.abs(value - (gradient.data[index] as number)));
  expect(Math.max(...worst)).toBeLessThan(ALLOWED);
  expect(gradient.data.some((value) => value !== 0)).toBe(true);
});

describe('max_pool', () => {
  it('takes the first of equals, and NaN over numbers', () => {
    const window = slidingWindow('pool', 2, 2, 0);
    const x = tensor(
      [1, 1, 2, 6],
      [1, 1, 2, Infinity, -Infinity, -Infinity, 1, 0, NaN, 3, -Infinity, -Infinity],
    );
    const outputs = maxPool.forward({ x }, { window }, caseStep({}));
    expect([...get(outputs, 'y').data]).toEqual([1, NaN, -Infinity]);
    expect([...get(outputs, 'argmax').data]).toEqual([0, 8, 4]);
  });
});

describe('conv2d', () => {
  it('gives a sum that is easily checked by hand', () => {
    const x = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
    const w = tensor([1, 1, 2, 2], [1, 10, 100, 1000]);
    const window = slidingWindow('conv', 2, 1, [1, 0, 0, 1]);
    const { y } = conv2d.forward({ x, w, b: tensor([1], [0.5]) }, { window });
    expect(y.shape).toEqual([1, 1, 2, 2]);
    expect([...y.data]).toEqual([2100.5, 200.5, 4321.5, 402.5]);
  });
});
