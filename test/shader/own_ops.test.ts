// Ops whose shaders no bundler has seen.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ShaderError, ValueError } from '../../src/core/errors';
import { shader } from '../../src/shader/index';
import { call } from '../support/call';
import type { runNamesakes, runSilu, runWide, runWithoutGradient } from '../support/jobs/own_ops';

const text = readFileSync('test/consumers/program/silu.wgsl', 'utf8');
const X = [-3.5, -1, -0.25, 0, 0.5, 1, 2.25, 6, -0.75, 1.5, 0.125, -2];
const DY = X.map((_, index) => 1 - index / 8);

it.each([
  ['number by number', [2, 3, 2, 1]],
  ['in vectors of 4', [3, 4]],
])('an op whose text is reflected at run time computes what its formula says, %s', async (_how, shape) => {
  // In memory numbers lie by pixel, here by image: PyTorch's order comes back all the same.
  const { y, dx } = await call<typeof runSilu>('runSilu', { text, shape, x: X, dy: DY });
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  X.forEach((v, index) => {
    const s = sigmoid(v);
    expect(y[index]).toBeCloseTo(v * s, 5);
    expect(dx[index]).toBeCloseTo((DY[index] as number) * s * (1 + v * (1 - s)), 5);
  });
});

it('shaders of one file name and different texts stay apart', async () => {
  const found = await call<typeof runNamesakes>('runNamesakes', {
    text,
    factors: ['2.0', '3.0', '2.0', '5.0'],
  });
  expect(found).toEqual([2, 3, 2, 5]);
});

it('parameters of more than 256 bytes stay apart', async () => {
  expect(await call<typeof runWide>('runWide', null)).toEqual([5, 6]);
});

it('gradients of outputs are asked for, all of them', async () => {
  const said = await call<typeof runWithoutGradient>('runWithoutGradient', { text });
  expect(said).toBe('ValueError: runOp: outputGradients lack dy');
});

it('takes a byte order mark for what it is, and refuses a file that comes to nothing, or another uniform', () => {
  expect(shader(`\uFEFF${text}`, 'silu.wgsl')).toEqual(shader(text, 'silu.wgsl'));
  expect(() => shader('const a = 1;\n', 'none.wgsl')).toThrow(/^none\.wgsl: has neither an entry point/);
  const second = `struct Config { a: f32 }\n@group(0) @binding(9) var<uniform> c: Config;\n${text}`;
  expect(() => shader(second, 'two.wgsl')).toThrow(
    'two.wgsl:2: uniform c must be a Params or a Step; got Config',
  );
});

it('refuses what is no WGSL that the engine knows, with the line', () => {
  expect(() => shader('fn f( {}\n', 'own.wgsl')).toThrow(ShaderError);
  expect(() => shader('fn f( {}\n', 'own.wgsl')).toThrow(/^own\.wgsl:1: does not parse/);
  const grouped = text.replace('@group(0) @binding(3)', '@group(1) @binding(3)');
  expect(() => shader(grouped)).toThrow(/^shader\.wgsl:20: dy must be in group 0; got group 1/);
  expect(() => shader('')).toThrow(ValueError);
  expect(() => shader(text, 3 as never)).toThrow(/its file name must be a string/);
});
