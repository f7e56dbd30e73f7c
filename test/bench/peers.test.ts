import { describe, expect, it, vi } from 'vitest';
import { disagreements, largestError, normError } from '../../bench/peers/compare';
import { NAMES, type Name } from '../../bench/peers/contenders';
import { layersOf } from '../../bench/peers/layers';
import { measure, type Plan } from '../../bench/peers/measure';
import { parseOptions } from '../../bench/peers/options';
import { channelsFirst, channelsLast, tapsOf } from '../../bench/peers/page/order';
import type { PageFace } from '../../bench/peers/page/face';
import { networkOf } from '../../bench/peers/problem';
import { printable } from '../../bench/peers/print';
import type { Agreement } from '../../bench/peers/compare';
import type { Result } from '../../bench/peers/result';
import { formatTime } from '../../bench/peers/table';

const sizes = { batch: 1, size: 224 };

describe('bench peers, options', () => {
  it('has a default for everything', () => {
    const defaults = { only: NAMES, what: ['forward', 'train'], batch: 1, size: 224, headed: false };
    expect(parseOptions([])).toEqual(defaults);
  });

  it('reads every option', () => {
    const args =
      '--only jax-js,ours --what train --batch 2 --size 96 --rounds 7 --warmups 3 --out here --browser /b --headed';
    expect(parseOptions(args.split(' '))).toEqual({
      only: ['ours', 'jax-js'],
      what: ['train'],
      batch: 2,
      size: 96,
      rounds: 7,
      warmups: 3,
      out: 'here',
      browser: '/b',
      headed: true,
    });
  });

  it.each([
    ['--only tf', '--only: must be one or more of ours, tfjs, ort, jax-js, separated by commas; got "tf"'],
    ['--what backward', '--what: must be one or more of forward, train, separated by commas; got "backward"'],
    ['--size 64', '--size: must be a whole number from 65 to 1024; got "64"'],
    ['--peers all', "bench peers: unknown option '--peers'; --help lists all options"],
  ])('refuses %s', (args, message) => {
    expect(() => parseOptions(args.split(' '))).toThrow(message);
  });
});

describe('bench peers, the network in words', () => {
  it('has the multiply-adds of Table 1', () => {
    const { graph } = networkOf('forward', sizes);
    const layers = layersOf(graph);
    const sizeOf = (shape: readonly number[]): number =>
      shape.reduce((product, length) => product * length, 1);
    const multiplyAdds = layers.reduce((sum, layer) => {
      if (!('weight' in layer)) return sum;
      const [, ...inputs] = graph.variables.get(layer.weight)?.variable.shape ?? [];
      return sum + sizeOf(layer.shape) * sizeOf(inputs);
    }, 0);
    expect(multiplyAdds).toBe(1_582_671_872);
  });

  it('gives each layer its bias, and ReLU to all but the last', () => {
    const weighted = layersOf(networkOf('forward', sizes).graph).flatMap((layer) =>
      'weight' in layer ? [layer] : [],
    );
    expect(weighted).toHaveLength(58);
    expect(weighted.map(({ bias }) => bias)).toEqual(
      weighted.map(({ weight }) => weight.replace(/weight$/, 'bias')),
    );
    expect(weighted.filter(({ relu }) => !relu).map(({ weight }) => weight)).toEqual(['linear5.weight']);
  });

  it('reads only what stands before', () => {
    const { graph, images } = networkOf('train', sizes);
    const known = new Set([images.label]);
    for (const layer of layersOf(graph)) {
      for (const x of layer.kind === 'concat' ? layer.xs : [layer.x]) expect(known).toContain(x);
      known.add(layer.y);
    }
  });
});

describe('bench peers, channels last', () => {
  it('knows the plane behind a flattened input', () => {
    const { graph } = networkOf('train', sizes);
    const weights = new Map(
      [...graph.variables].map(([name, { variable }]) => [
        name,
        { shape: variable.shape, data: new Float32Array() },
      ]),
    );
    const taps = tapsOf(layersOf(graph), weights);
    expect(taps.get('aux_classifier1.fc3.weight')).toEqual([1024, 128, 4, 4]);
    expect(taps.get('conv1.weight')).toEqual([64, 3, 7, 7]);
    expect(taps.get('linear5.weight')).toEqual([1000, 1024, 1, 1]);
  });

  it('moves channels and outputs to the end, and back', () => {
    const taps = [2, 3, 1, 2] as const;
    const data = Float32Array.from({ length: 12 }, (_, index) => index);
    const moved = channelsLast(data, taps);
    expect([...moved]).toEqual([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
    expect(channelsFirst(moved, taps)).toEqual(data);
  });
});

describe('bench peers, comparison', () => {
  it('measures errors', () => {
    expect(largestError([1, 2, -4], [1, 2.5, -5])).toBeCloseTo(0.2);
    expect(normError([3, 3], [3, 4])).toBeCloseTo(0.2);
    expect(largestError([1], [1, 2])).toBe(Infinity);
    expect(largestError([0], [0])).toBe(Infinity);
  });

  it('says what is too far apart, a NaN included', () => {
    expect(disagreements({ scores: 9e-4, loss: 1e-3, gradients: { w: 9e-3 } })).toEqual([]);
    expect(disagreements({ scores: 2e-3, gradients: { w: 2e-2 } })).toEqual([
      'scores by 2.0e-3 (at most 0.001)',
      'gradient of w by 2.0e-2 (at most 0.01)',
    ]);
    expect(disagreements({ loss: NaN })).toHaveLength(1);
  });
});

/** A page on which a run takes 10, 20, 30 or 40 ms, and where losses fall by a tenth with each run. */
function fakePage(agreement: Agreement, losses: (name: Name, run: number) => number) {
  const runs = new Map<Name, number>();
  const order: Name[] = [];
  const next = (name: Name) => {
    const run = (runs.get(name) ?? 0) + 1;
    runs.set(name, run);
    return { milliseconds: 10 * (1 + NAMES.indexOf(name)), loss: losses(name, run) };
  };
  const page: PageFace = {
    open: () => Promise.resolve({ milliseconds: 1, adapter: 'fake' }),
    start: (name) => Promise.resolve({ ...next(name), loading: 5 }),
    compare: () => Promise.resolve(agreement),
    count: (name) =>
      Promise.resolve({ ...next(name), dispatches: 7, ...(name === 'tfjs' && { bytes: 5e6 }) }),
    run(name) {
      order.push(name);
      return Promise.resolve(next(name));
    },
    stop: () => Promise.resolve(),
  };
  return { page, order };
}

const plan: Plan = {
  task: 'train',
  names: NAMES,
  batch: 1,
  size: 224,
  rounds: 3,
  warmups: 1,
  opening: new Map(NAMES.map((name) => [name, 1])),
  version: '1.2.3',
  say: () => undefined,
};

const falling = (_name: Name, run: number): number => 0.9 ** run;

describe('bench peers, measuring', () => {
  it('alternates, moves the order on, and tells who cannot', async () => {
    const { page, order } = fakePage({ loss: 1e-6 }, falling);
    const table = await measure(page, plan);
    expect(order).toEqual(['ours', 'tfjs', 'tfjs', 'ours', 'ours', 'tfjs']);
    expect(table.absent).toEqual([{ title: 'ONNX Runtime Web', reason: 'cannot train' }]);
    expect(table.rows.map(({ bytes }) => bytes)).toEqual([undefined, 5e6]);
    expect(table.rows.map(({ name, median, times }) => [name, median, times])).toEqual([
      ['ours', 10, [10, 10, 10]],
      ['tfjs', 20, [20, 20, 20]],
    ]);
    expect(table.rows[1]?.losses).toHaveLength(5);

    const result: Result = {
      command: 'npm run bench -- peers',
      date: '2026-01-02T03:04:05.000Z',
      browser: 'Chrome/1',
      adapter: 'google swiftshader',
      software: true,
      machine: '2 x processor',
      batch: 1,
      size: 224,
      rounds: 3,
      warmups: 1,
      tables: [table],
    };
    const text = printable(result);
    expect(text).toMatch(
      /^inception-webgpu 1\.2\.3 +10\.0 ms +10\.0 ms +10\.0 ms +1\.00 +16\.0 ms +7 +reference$/m,
    );
    expect(text).toMatch(/^TensorFlow\.js .* +20\.0 ms .* 2\.00 +26\.0 ms +7 +5 MB {2}1\.0e-6 loss$/m);
    expect(text).toMatch(/^ONNX Runtime Web cannot train$/m);
    expect(text).toContain('no GPU');
  });

  it('times nothing where outputs differ', async () => {
    const { page, order } = fakePage({ loss: 1e-6, gradients: { 'conv1.weight': 0.5 } }, falling);
    const refused = 'TensorFlow.js and inception-webgpu do not compute the same';
    await expect(measure(page, plan)).rejects.toThrow(refused);
    expect(order).toEqual([]);
  });

  it('refuses figures of steps that train otherwise', async () => {
    const { page } = fakePage({ loss: 0 }, (name, run) => (name === 'tfjs' && run === 4 ? 0.65 : 0.9 ** run));
    await expect(measure(page, plan)).rejects.toThrow('losses of 5 runs');
  });
});

it('formats times with three digits', () => {
  expect([0.1234, 1.234, 12.34, 123.4, 1234, 98_765].map(formatTime)).toEqual([
    '0.123 ms',
    '1.23 ms',
    '12.3 ms',
    '123 ms',
    '1.23 s',
    '98.8 s',
  ]);
});

it('prints help and runs nothing', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(parseOptions(['--help'])).toBeUndefined();
  expect(String(write.mock.calls[0]?.[0])).toContain('npm run bench -- peers');
  write.mockRestore();
});
