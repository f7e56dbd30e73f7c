// Which kernel a convolution gets without being told: a rule on GPUs, never a tile of workgroup memory on a CPU.
import { expect, test } from 'vitest';
import type { Target, Value } from '../../src/core/op';
import { slidingWindow } from '../../src/core/shape';
import { candidatesFor, chooseKernel } from '../../src/ops/conv/choose';
import { byTable, choiceRule } from '../../src/core/choices';
import { byName } from '../../src/ops/conv/by_name';
import { FORWARD, lowerForward } from '../../src/ops/conv/launch';
import { problemKey, type ForwardProblem } from '../../src/ops/conv/problem';

const GPU: Target = { maxWorkgroupsPerDimension: 65535, parallelWorkgroups: 512, adapter: 'amd' };

const value = (id: number): Value => ({ id, label: '', role: 'input', shape: [1], dtype: 'f32' });

function problem(batch: number, size: number, channels: number, out: number, kernel: number): ForwardProblem {
  const view = (columns: number) => ({ offset: 0, stride: 4 * Math.ceil(columns / 4), zeroPadded: true });
  const padding = (kernel - 1) / 2;
  return {
    form: 'forward',
    geometry: {
      batch,
      x: { height: size, width: size, channels },
      y: { height: size, width: size, channels: out },
      window: slidingWindow('test', kernel, 1, padding),
      tapRows: 4 * Math.ceil(channels / 4),
    },
    x: { value: value(1), view: view(channels) },
    w: { value: value(2), view: view(out) },
    relu: false,
    y: { value: value(3), view: view(out) },
  };
}

/** Names of the kernels that can compute a problem, the preferred first. */
const candidateNames = (each: ForwardProblem, target: Target): string[] =>
  candidatesFor(FORWARD, each, target).map(({ name }) => name);

const chosen = (each: ForwardProblem, target: Target): string => chooseKernel(FORWARD, each, target).name;

test('a large layer gets a wide tile without overhang', () => {
  expect(chosen(problem(32, 28, 96, 128, 3), GPU)).toMatch(/^tile 128x(128|64)\/16x4$/);
  expect(chosen(problem(32, 28, 128, 192, 3), GPU)).toMatch(
    /^tile (64x192|128x96|128x64|112x64|64x64)\/1[46]x4$/,
  );
});

test('a narrow layer gets a narrow tile', () => {
  expect(chosen(problem(32, 28, 192, 16, 1), GPU)).toMatch(/x16\//);
});

test('a small layer gets small tiles, so that more cores have work', () => {
  expect(chosen(problem(1, 7, 160, 320, 3), GPU)).toMatch(/\/4x4$/);
});

test('without vectors of 4 channels, no tile can do it', () => {
  expect(candidatesFor(FORWARD, problem(1, 7, 8, 10, 3), GPU).map(({ name }) => name)).toEqual([
    'scalar 4x4',
  ]);
});

test('limits of the adapter count', () => {
  const large = problem(32, 28, 96, 128, 3);
  const names = (target: Target) => candidatesFor(FORWARD, large, target).map(({ name }) => name);
  expect(names(GPU)).toContain('tile 128x128/16x4');
  expect(names({ ...GPU, maxWorkgroupStorage: 4096 })).not.toContain('tile 128x128/16x4');
  expect(names({ ...GPU, maxInvocationsPerWorkgroup: 128 })).not.toContain('tile 128x128/16x4');
  expect(names({ ...GPU, maxWorkgroupStorage: 4096 })).toContain('register 4x8');
  // 8 rows take too many registers for GPUs.
  expect(names(GPU)).not.toContain('register 8x8');
  expect(names({ ...GPU, adapter: 'llvmpipe' })).toContain('register 8x8');
});

test.each(['swiftshader', 'llvmpipe'])('%s: tiles are there, but last', (adapter) => {
  const names = candidatesFor(FORWARD, problem(1, 28, 96, 128, 3), { ...GPU, adapter }).map(
    ({ name }) => name,
  );
  const isTile = (name: string): boolean => /^tile|by tiles$/.test(name);
  const tiles = names.filter(isTile);
  expect(tiles.length).toBeGreaterThan(2);
  expect(names.slice(-tiles.length)).toEqual(tiles);
});

test('a choice that cannot compute the problem is passed over', () => {
  const choose = () => 'no such kernel';
  expect(chosen(problem(32, 28, 96, 128, 3), { ...GPU, choose })).toMatch(/^tile 128x(128|64)\/16x4$/);
});

test('a family, a kernel or a table of kernels can be asked for', () => {
  const large = problem(32, 28, 96, 128, 3);
  const odd = problem(1, 7, 8, 10, 3);
  const by = (choose: NonNullable<Target['choose']>, each = large) => chosen(each, { ...GPU, choose });
  expect(by(byName('register'))).toBe('register 4x8');
  expect(by(byName('tile'))).toBe(chosen(large, GPU));
  const third = candidateNames(large, GPU)[2] ?? '';
  expect(by(byName(third))).toBe(third);
  expect(by(byName('tile'), odd)).toBe('scalar 4x4');
  // GPUs have no quads.
  expect(by(byName('quad'))).toBe(chosen(large, GPU));
  const table = { [problemKey(large)]: 'scalar 4x4', [problemKey(odd)]: third };
  expect(by(byTable(table))).toBe('scalar 4x4');
  expect(by(byTable(table), odd)).toBe('scalar 4x4');
  expect(by(byTable({}))).toBe(chosen(large, GPU));
});

test('quads need a CPU and subgroups of one known size, and who can compute a problem is told by name', () => {
  const large = problem(32, 28, 96, 128, 3);
  const adapter = 'swiftshader';
  expect(candidateNames(large, { ...GPU, adapter })).not.toContain('quad 16x32');
  expect(candidateNames(large, { ...GPU, adapter, subgroupSize: 4 })).toContain('quad 16x32');
  expect(candidateNames(large, { ...GPU, subgroupSize: 32 })).not.toContain('quad 16x32');
  expect(candidateNames(large, GPU)[0]).toBe(chosen(large, GPU));
  expect(candidateNames(large, GPU)).toContain('scalar 4x4');
});

test('on GPUs Winograd is a candidate, multiplies by tiles, and is not taken unasked', () => {
  const large = problem(32, 28, 96, 128, 3);
  const names = candidateNames(large, { ...GPU, subgroupSize: 32 });
  expect(names.filter((name) => name.startsWith('winograd'))).toEqual([
    'winograd 4x4 by tiles',
    'winograd 2x2 by tiles',
  ]);
  expect(names[0]).toMatch(/^tile/);
  // Tiles of 4x4 over more channels would round too much.
  expect(candidateNames(problem(32, 28, 116, 128, 3), GPU)).not.toContain('winograd 4x4 by tiles');
  expect(candidateNames(problem(32, 28, 116, 128, 3), GPU)).toContain('winograd 2x2 by tiles');
  const { launches } = lowerForward(large, { ...GPU, choose: byName('winograd') });
  expect(launches.map(({ entry }) => entry)).toEqual([
    'weight_transform',
    'input_transform',
    'forward',
    'output_transform',
  ]);
  // 6x6 points, each a product of 32 times 7x7 tiles.
  const [products] = launches.filter(({ shader }) => shader.file === 'conv2d_tile.wgsl');
  expect(products?.workgroups[2]).toBe(36);
  expect(products?.params.rows).toBe(32 * 49);
});

test('launches tell which kernel was chosen, and among whom', () => {
  const large = problem(32, 28, 96, 128, 3);
  const target = { ...GPU, choose: byName('register') };
  const { launches } = lowerForward(large, target);
  expect(launches.map(({ choice }) => choice)).toEqual([
    { problem: problemKey(large), kernel: 'register 4x8', candidates: candidateNames(large, GPU) },
  ]);
});

test('the rule is told in words: measured or not', () => {
  expect(choiceRule(GPU)).toMatch(/^shipped choices for GPUs, unmeasured: /);
  expect(choiceRule({ ...GPU, adapter: 'swiftshader' })).toMatch(/software adapters, measured/);
  expect(choiceRule({ ...GPU, choose: byTable({}) })).toBe('as the tuner or the caller chose');
});
