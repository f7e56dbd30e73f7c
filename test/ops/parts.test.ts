// Long dispatches in parts: how many, how long, how much working memory; and that they change no bit.
import { describe, expect, it } from 'vitest';
import type { Launch, Target, Value } from '../../src/core/op';
import { slidingWindow } from '../../src/core/shape';
import { TARGETS } from '../../src/core/targets';
import { byName } from '../../src/ops/conv/by_name';
import { lowerBackwardInput, lowerForward } from '../../src/ops/conv/launch';
import { lowerBackwardWeight } from '../../src/ops/conv/lower_weight';
import { evenRanges } from '../../src/ops/conv/parts';
import type { Geometry, Viewed } from '../../src/ops/conv/problem';
import { call } from '../support/call';
import type { compareParts } from '../support/jobs/parts';
import { TARGET, planGraph } from '../support/simulate';
import { trainingGraph } from '../support/training_graph';

const SOFTWARE: Target = {
  ...TARGET,
  adapter: 'swiftshader',
  subgroupSize: 4,
  multiplyAddsPerDispatch: 3e9,
};

describe('ranges', () => {
  it.each([
    [32, 8.6, [8, 8, 8, 8]],
    [33, 8.6, [7, 7, 7, 7, 5]],
    [5, 100, [5]],
    [5, Infinity, [5]],
    [3, 0.2, [1, 1, 1]],
    [3, -7, [1, 1, 1]],
    [1, 0.2, [1]],
  ])('%d of at most %d', (total, most, counts) => {
    const ranges = evenRanges(total, most);
    expect(ranges.map(({ count }) => count)).toEqual(counts);
    let end = 0;
    for (const { first, count } of ranges) {
      expect(first).toBe(end);
      end += count;
    }
    expect(end).toBe(total);
  });
});

/** conv2 of Table 1: 64 channels to 192 on planes of 56x56. */
function conv2(batch: number) {
  const geometry: Geometry = {
    batch,
    x: { height: 56, width: 56, channels: 64 },
    y: { height: 56, width: 56, channels: 192 },
    window: slidingWindow('conv2', 3, 1, 1),
    tapRows: 64,
  };
  const placed = (id: number, channels: number): Viewed => {
    const value: Value = { id, label: '', role: 'computed', shape: [batch, channels, 56, 56], dtype: 'f32' };
    return { value, view: { offset: 0, stride: channels, zeroPadded: true } };
  };
  return { geometry, x: placed(1, 64), w: placed(2, 192), y: placed(3, 192) };
}

const PER_IMAGE = 56 * 56 * 9 * 64 * 192;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const scratchBytes = (launches: readonly Launch[]): number => {
  const sizes = new Map<string, number>();
  for (const target of launches.flatMap(({ bind }) => Object.values(bind))) {
    if ('scratch' in target)
      sizes.set(target.scratch, Math.max(sizes.get(target.scratch) ?? 0, 4 * target.elements));
  }
  return sum([...sizes.values()]);
};

describe('conv2 of Table 1 at batch 32', () => {
  const { geometry, x, w, y } = conv2(32);
  const by = (family: string): Target => ({ ...SOFTWARE, choose: byName(family) });
  const forward = (target: Target) =>
    lowerForward({ form: 'forward', geometry, x, w, y, relu: false }, target).launches;
  const backwardInput = (target: Target) =>
    lowerBackwardInput({ form: 'backward_input', geometry, dy: y, w, dx: x }, target).launches;

  it.each([
    ['forward', 'quad', forward],
    ['forward', 'register', forward],
    ['input gradient', 'quad', backwardInput],
    ['input gradient', 'register', backwardInput],
  ])('%s by %s: parts of 8 images, one after the other', (_form, family, lower) => {
    const launches = lower(by(family));
    const rows = launches.map(({ params }) => params.rows ?? NaN);
    expect(rows).toEqual([8, 8, 8, 8].map((images) => images * 56 * 56));
    expect((rows[0] ?? NaN) * (PER_IMAGE / 56 / 56)).toBeLessThanOrEqual(3e9);
    launches.forEach(({ params }, index) => {
      expect(params.x_offset).toBe((index * 8 * 56 * 56 * 64) / 4);
      expect(params.y_offset).toBe((index * 8 * 56 * 56 * 192) / 4);
    });
  });

  it.each([
    ['forward', forward],
    ['input gradient', backwardInput],
  ])('%s by Winograd: weights transformed once, working memory of one part', (_form, lower) => {
    const launches = lower(by('winograd'));
    const entries = launches.map(({ entry }) => entry);
    expect(entries.filter((entry) => entry === 'weight_transform')).toHaveLength(1);
    expect(entries.filter((entry) => entry === 'output_transform')).toHaveLength(16);
    expect(scratchBytes(launches)).toBeLessThanOrEqual(2 ** 24);
    const unlimited = lower({ ...by('winograd'), multiplyAddsPerDispatch: Infinity });
    expect(scratchBytes(unlimited), 'memory alone is reason enough').toBeLessThanOrEqual(2 ** 24);
    const onGpu = lower({ ...TARGETS.gpu, choose: byName('winograd') });
    expect(scratchBytes(onGpu)).toBeGreaterThan(2 ** 24);
    expect(scratchBytes(onGpu)).toBeLessThanOrEqual(2 ** 26);
  });

  it.each(['quad', 'register'])('weight gradient by %s: parts of whole tiles of channels', (family) => {
    const problem = { form: 'backward_weight', geometry, x, dy: y, dw: w } as const;
    const products = (target: Target) =>
      lowerBackwardWeight([problem], target).launches.filter(({ entry }) => entry === 'backward_weight');
    const whole = products({ ...by(family), multiplyAddsPerDispatch: Infinity });
    const parts = products(by(family));
    expect(whole).toHaveLength(1);
    const channels = parts.map(({ params }) => 4 * (params.co ?? NaN));
    expect(sum(channels)).toBe(192);
    for (const count of channels) expect((count / 192) * 32 * PER_IMAGE).toBeLessThanOrEqual(3e9);
    // As many partial sums, of the same lengths, as without parts.
    const splits = ({ params, workgroups }: Launch) => [
      workgroups[1],
      params.split_pixels ?? params.split_lines,
      params.split_stride,
    ];
    for (const part of parts) expect(splits(part)).toEqual(splits(whole[0] as Launch));
  });

  it('one image is left whole, however long', () => {
    const one = conv2(1);
    const target = { ...by('quad'), multiplyAddsPerDispatch: 1 };
    const problem = { form: 'forward', ...one, relu: false } as const;
    expect(lowerForward(problem, target).launches).toHaveLength(1);
  });
});

it('Table 1 gets the same kernels at every batch on a software adapter', () => {
  const kernels = (batch: number) => {
    const { graph, keep } = trainingGraph(224, 1, batch);
    const { launches } = planGraph(graph, { keep, target: SOFTWARE }).plan;
    return new Set(launches.flatMap(({ label, choice }) => (choice ? [`${label} ${choice.kernel}`] : [])));
  };
  expect(kernels(32)).toEqual(kernels(1));
});

describe('cut as far as it goes', () => {
  it.each([
    ['conv2d/batch 3, 5x7 planes', 'quad', 3],
    ['conv2d/batch 3, 5x7 planes', 'tile', 3],
    ['conv2d/batch 3, 5x7 planes', 'winograd', 3],
    ['conv2d/batch 3, 5x7 planes', 'register', 3],
    ['conv2d/stride 2, odd sizes', 'register', 2],
    ['conv2d/odd channels', 'scalar', 3],
    ['conv2d/odd channels, 7x7/2', 'scalar', 2],
    ['conv2d_split/3x3', 'quad', 2],
    ['conv2d_split/3x3', 'winograd', 2],
    ['conv2d_split/1x1 with ReLU', 'tile', 2],
    ['conv2d_split/1x1 with ReLU', 'register', 2],
    ['conv2d_grad_input/3x3, add and mask', 'quad', 2],
    ['conv2d_grad_input/3x3, add and mask', 'tile', 2],
    ['conv2d_grad_input/3x3, add and mask', 'winograd', 2],
    ['conv2d_grad_input/3x3, add and mask', 'register', 2],
    ['conv2d_fused/3x3 with ReLU', 'winograd', 2],
    ['linear/odd', 'scalar', 3],
    ['linear_fused/with ReLU', 'register', 5],
  ])('%s by %s: the same bits, by the same pipelines', async (name, family, images) => {
    const report = await call<typeof compareParts>('compareParts', { name, family });
    for (const [tensor, words] of Object.entries(report.different)) expect(words, tensor).toBe(0);
    expect(report.kernels.some((kernel) => kernel.startsWith(`${family} `))).toBe(true);
    expect(report.pipelines[1]).toBe(report.pipelines[0]);
    const { whole, cut } = report;
    for (const entry of ['forward', 'backward_input', 'output_transform']) {
      if (whole[entry]) expect(cut[entry], entry).toBe(images * whole[entry]);
    }
    if (whole['weight_transform']) expect(cut['weight_transform']).toBe(whole['weight_transform']);
  });

  it.each([
    ['conv2d/conv2 3x3', 'quad', 6],
    ['conv2d/conv2 3x3', 'register', 24],
    ['conv2d/stride 2, odd channels', 'scalar', 2],
  ])('the weight gradient of %s by %s, in tiles of channels', async (name, family, tiles) => {
    const report = await call<typeof compareParts>('compareParts', { name, family });
    expect(report.different['dw']).toBe(0);
    expect(report.whole['backward_weight']).toBe(1);
    expect(report.cut['backward_weight']).toBe(tiles);
  });
});
