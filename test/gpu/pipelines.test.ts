import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pipelineKey } from '../../src/gpu/pipelines';
import { call } from '../support/call';
import type * as jobs from '../support/jobs/pipelines';
import { TARGET, planGraph } from '../support/simulate';
import { trainingGraph } from '../support/training_graph';

describe('shaders', () => {
  it('compile, every entry point of every file with its default overrides, unrolled and not', async () => {
    const compiled = await call<typeof jobs.compileAll>('compileAll', null);
    const files = readdirSync('shaders').filter((file) => file.endsWith('.wgsl'));
    expect(Object.keys(compiled).sort()).toEqual(files.sort());
    for (const [file, entries] of Object.entries(compiled)) expect(entries, file).not.toHaveLength(0);
    expect(compiled['conv2d.wgsl']).toEqual(['forward', 'backward_input', 'backward_weight']);
  });

  it.each([
    ['conv2d/4b 5x5', 'quad'],
    ['conv2d/stride 2, odd channels', 'scalar'],
    ['conv2d_fused/3x3 with ReLU', 'register'],
    ['conv2d_fused/3x3 with ReLU', 'quad'],
    ['conv2d_fused/3x3 with ReLU', 'winograd 2x2'],
    ['conv2d_fused/3x3 with ReLU', 'winograd 4x4'],
  ])('%s (%s): unrolled loops compute what the loops do', async (name, kernel) => {
    const { tensors, marks } = await call<typeof jobs.compareUnrolled>('compareUnrolled', { name, kernel });
    expect(marks).toBeGreaterThan(0);
    for (const [tensor, { relative, nmse }] of Object.entries(tensors)) {
      // The tolerance of conv2d: a compiler may fuse multiply and add in the one and not in the other.
      expect(relative, tensor).toBeLessThanOrEqual(3e-6);
      expect(nmse, tensor).toBeLessThanOrEqual(1e-12);
    }
  });
});

describe('pipelines', () => {
  it('are the same for every batch: a trainer of another one compiles nothing', async () => {
    const batches = [4, 1, 7, 32];
    const [first, ...rest] = await call<typeof jobs.pipelinesPerBatch>('pipelinesPerBatch', { batches });
    expect(first).toBeGreaterThan(0);
    expect(rest).toEqual(rest.map(() => first));
  });

  const SWIFTSHADER = {
    ...TARGET,
    adapter: 'swiftshader',
    subgroupSize: 4,
    multiplyAddsPerDispatch: 3e9,
  };
  const GPU = {
    ...TARGET,
    adapter: 'amd',
    subgroupSize: 32,
    parallelWorkgroups: 512,
    maxWorkgroupStorage: 32_768,
  };
  const keysOf = (
    target: typeof GPU | typeof SWIFTSHADER,
    inputSize: number,
    width: number,
    batch: number,
  ) => {
    const { graph, keep } = trainingGraph(inputSize, width, batch);
    return [...new Set(planGraph(graph, { keep, target }).plan.launches.map(pipelineKey))].sort();
  };

  it.each([
    ['Table 1', 224, 1],
    ['80 pixels, an eighth of the channels', 80, 1 / 8],
  ])(
    'of the whole network, %s, on SwiftShader are the same for every batch, and few',
    (_what, size, width) => {
      const one = keysOf(SWIFTSHADER, size, width, 1);
      // Each takes 50 to 500 ms there, one after the other.
      expect(one.length).toBeLessThanOrEqual(45);
      for (const batch of [2, 5, 32]) expect(keysOf(SWIFTSHADER, size, width, batch)).toEqual(one);
    },
  );

  it.each([1, 2, 32])(
    'of the whole network on a GPU, where the best tile depends on the batch (%d)',
    (batch) => {
      // They compile in parallel there.
      expect(keysOf(GPU, 224, 1, batch).length).toBeLessThanOrEqual(90);
    },
  );
});

describe('workgroups', () => {
  it('beyond 65,535 fold into a second dimension', async () => {
    const elements = 17_000_001;
    const report = await call<typeof jobs.manyWorkgroups>('manyWorkgroups', { elements });
    const [x = 0, y = 0] = report.workgroups ?? [];
    expect(x).toBeLessThanOrEqual(65_535);
    expect(y).toBe(2);
    expect(report).toMatchObject({ wrong: 0, length: elements });
  });

  it.each(['conv2d/conv2 3x3', 'conv2d/odd channels, many workgroups'])(
    '%s: folding changes no bit',
    async (name) => {
      // The other ops: folding.test.ts. At most 1 or 3 in a dimension, as if the adapter had so small a limit.
      const report = await call<typeof jobs.foldedWorkgroups>('foldedWorkgroups', { name, limits: [1, 3] });
      const most = report.alongX.map((counts) => Math.max(...counts));
      expect(most[0], 'without a limit').toBeGreaterThan(3);
      expect(most.slice(1)).toEqual([1, expect.toSatisfy((count: number) => count > 1 && count <= 3)]);
      for (const [tensor, words] of Object.entries(report.different)) expect(words, tensor).toBe(0);
    },
  );
});
