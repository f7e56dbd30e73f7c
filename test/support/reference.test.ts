// The float64 references define the ops; here their gradients are held against finite differences of themselves.
import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/core/random';
import { INITIAL_STEP } from '../../src/core/step';
import { sizeOf, slidingWindow, type Shape } from '../../src/core/shape';
import * as add from './reference/add';
import * as avgPool from './reference/avg_pool';
import * as bias from './reference/bias';
import * as concat from './reference/concat';
import * as conv2d from './reference/conv2d';
import * as crossEntropy from './reference/cross_entropy';
import * as dropout from './reference/dropout';
import * as flatten from './reference/flatten';
import * as linear from './reference/linear';
import * as maxPool from './reference/max_pool';
import * as relu from './reference/relu';
import * as slice from './reference/slice';
import { get, tensor, type Reference, type RefTensor, type RefTensors } from './reference/tensor';

interface Trial {
  readonly name: string;
  readonly reference: Reference;
  /** Inputs that are differentiated. */
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly attrs?: unknown;
  readonly labels?: readonly number[];
}

const STEP = { ...INITIAL_STEP, seed: 3, step: 2, first_picture: 1 };
const odd = { window: slidingWindow('odd', [3, 2], [2, 1], [1, 0, 0, 1]) };
const padded = { window: slidingWindow('padded', 3, 1, 1) };

const trials: readonly Trial[] = [
  { name: 'bias', reference: bias, inputs: { x: [2, 3, 2, 3], b: [3] } },
  { name: 'bias of features', reference: bias, inputs: { x: [3, 4], b: [4] } },
  { name: 'relu', reference: relu, inputs: { x: [2, 3, 3, 2] } },
  { name: 'add', reference: add, inputs: { x0: [2, 3, 2, 1], x1: [2, 3, 2, 1] } },
  { name: 'max_pool', reference: maxPool, inputs: { x: [2, 2, 5, 4] }, attrs: odd },
  {
    name: 'max_pool, kernel above the plane',
    reference: maxPool,
    inputs: { x: [1, 2, 2, 2] },
    attrs: padded,
  },
  { name: 'avg_pool', reference: avgPool, inputs: { x: [2, 2, 5, 4] }, attrs: odd },
  {
    name: 'avg_pool, kernel above the plane',
    reference: avgPool,
    inputs: { x: [1, 2, 2, 2] },
    attrs: padded,
  },
  { name: 'concat', reference: concat, inputs: { x0: [2, 3, 2, 2], x1: [2, 1, 2, 2], x2: [2, 2, 2, 2] } },
  { name: 'slice', reference: slice, inputs: { x: [2, 5, 2, 3] }, attrs: { first: 1, channels: 3 } },
  { name: 'flatten', reference: flatten, inputs: { x: [2, 3, 2, 2] } },
  { name: 'dropout', reference: dropout, inputs: { x: [3, 3, 2, 3] }, attrs: { p: 0.4, layer: 'drop' } },
  { name: 'cross_entropy', reference: crossEntropy, inputs: { x: [3, 5] }, labels: [4, 0, 2] },
  { name: 'conv2d', reference: conv2d, inputs: { x: [2, 2, 4, 3], w: [3, 2, 3, 3] }, attrs: padded },
  {
    name: 'conv2d with bias and relu',
    reference: conv2d,
    inputs: { x: [2, 2, 5, 4], w: [3, 2, 3, 2], b: [3] },
    attrs: { ...odd, relu: true },
  },
  { name: 'linear', reference: linear, inputs: { x: [3, 4], w: [5, 4] }, attrs: {} },
  {
    name: 'linear with bias and relu',
    reference: linear,
    inputs: { x: [3, 4], w: [5, 4], b: [5] },
    attrs: { relu: true },
  },
];

const random = (shape: Shape, stream: string): RefTensor =>
  tensor(shape, uniform(sizeOf(shape), 1, 11, stream));

/** Positions are an output, but no numbers that could have a gradient. */
const differentiable = (outputs: RefTensors) => Object.entries(outputs).filter(([name]) => name !== 'argmax');

/** Inner product of the outputs with `d`: the scalar whose gradient backward computes. */
function scalar(outputs: RefTensors, d: RefTensors): number {
  let sum = 0;
  for (const [name, { data }] of differentiable(outputs)) {
    data.forEach((value, index) => (sum += value * (get(d, name).data[index] as number)));
  }
  return sum;
}

// The third derivatives are of order 1, so a step of 1e-5 errs by 1e-10; rounding adds 1e-16 * 10 / 1e-5 = 1e-10.
const STEP_SIZE = 1e-5;
const ALLOWED = 1e-8;

describe.each(trials)('$name', ({ name, reference, inputs: shapes, attrs = {}, labels }) => {
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([input, shape]) => [input, random(shape, `${name}/${input}`)]),
  );
  const all: RefTensors = { ...inputs, ...(labels && { labels: tensor([labels.length], labels) }) };
  const forward = () => reference.forward(all, attrs as never, STEP);
  const d = Object.fromEntries(
    differentiable(forward()).map(([output, { shape }]) => [output, random(shape, `${name}/d${output}`)]),
  );
  const gradients = reference.backward(all, attrs as never, d, STEP);

  it.each(Object.keys(shapes))('gradient of %s equals central differences', (input) => {
    const { data, shape } = get(inputs, input);
    const gradient = get(gradients, input);
    expect(gradient.shape).toEqual(shape);
    const differences = data.map((value, index) => {
      data[index] = value + STEP_SIZE;
      const above = scalar(forward(), d);
      data[index] = value - STEP_SIZE;
      const below = scalar(forward(), d);
      data[index] = value;
      return (above - below) / (2 * STEP_SIZE);
    });
    const worst = differences.map((value, index) => Math.abs(value - (gradient.data[index] as number)));
    expect(Math.max(...worst)).toBeLessThan(ALLOWED);
    expect(gradient.data.some((value) => value !== 0)).toBe(true);
  });
});

describe('max_pool', () => {
  it('takes the first of equals, and NaN over numbers', () => {
    const window = slidingWindow('pool', 2, 2, 0);
    const x = tensor(
      [1, 1, 2, 6],
      [1, 1, 2, Infinity, -Infinity, -Infinity, 1, 0, NaN, 3, -Infinity, -Infinity],
    );
    const { y, argmax } = maxPool.forward({ x }, { window });
    expect([...y.data]).toEqual([1, NaN, -Infinity]);
    expect([...argmax.data]).toEqual([0, 8, 4]);
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
