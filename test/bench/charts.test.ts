import { describe, expect, it } from 'vitest';
import { FORMS } from '../../bench/jobs/choices';
import type { KernelResults } from '../../bench/jobs/kernels';
import type { NetworkResults } from '../../bench/jobs/network';
import { peerBars } from '../../bench/peers/chart';
import type { Result, Row } from '../../bench/peers/result';
import { peakOfKernels } from '../../bench/report/figures';
import { kernelBars, roofline } from '../../bench/report/kernel_charts';
import { networkBars } from '../../bench/report/network_chart';
import { drawSvg } from '../../bench/report/picture';

const spread = (median: number) => ({ median, p10: median * 0.9, p90: median * 1.1, rounds: 3 });
const adapter = { name: 'llvmpipe', software: true };
const origin = {
  adapter,
  runtime: 'Chrome/1',
  date: '2026-01-01 00:00 UTC',
  command: 'npm run bench -- all',
};
const roof = { gflops: 40, loop: 'f32 x 8', gigabytes: 4 };

const kernels = (fastest: number): KernelResults => ({
  adapter,
  clock: 'wall clock',
  roof,
  options: { batch: 2, layers: '', forms: FORMS, rounds: 3, kernels: 'chosen' },
  rows: FORMS.map((form, index) => ({
    layer: 'conv2',
    sizes: '3x3 64->192, 56x56',
    count: 1,
    form,
    chosen: true,
    launches: 'conv2d.wgsl#forward',
    dispatches: 1,
    multiplyAdds: 1e9,
    bytes: 1e7,
    repeats: 1,
    time: spread(fastest * (index + 1)),
  })),
});

const network: NetworkResults = {
  adapter,
  roof,
  options: {
    batches: [1],
    modes: ['infer', 'train'],
    aux: { train: true, infer: false },
    size: 224,
    rounds: 3,
    profile: false,
  },
  profiles: {},
  rows: [
    { mode: 'infer', times: { latency: spread(300), throughput: spread(250) } },
    {
      mode: 'train',
      times: { step: spread(990), forward: spread(300), backward: spread(600), update: spread(100) },
    },
  ].map((row) => ({
    ...(row as Pick<NetworkResults['rows'][number], 'mode' | 'times'>),
    batch: 1,
    multiplyAdds: { forward: 1e9, all: 1e9 },
    dispatches: 1,
    encoding: spread(1),
    pipelines: 1,
    bytes: 1,
  })),
};

const peer = (name: Row['name'], title: string, median: number): Row => ({
  ...spread(median),
  name,
  title,
  version: '1.2',
  settings: '',
  opening: 1,
  loading: 2,
  first: 3,
  dispatches: 7,
  times: [median],
});

const peers: Result = {
  ...origin,
  adapter: adapter.name,
  software: true,
  browser: 'Chrome/1',
  machine: '2 x processor',
  batch: 1,
  size: 224,
  rounds: 3,
  warmups: 1,
  tables: [
    {
      task: 'forward',
      rows: [peer('ours', 'inception-webgpu', 100), peer('tfjs', 'TensorFlow.js', 1400)],
      absent: [],
    },
    {
      task: 'train',
      rows: [peer('ours', 'inception-webgpu', 400), peer('tfjs', 'TensorFlow.js', 900)],
      absent: [],
    },
  ],
};

describe('pictures', () => {
  it.each([
    ['bars', kernelBars(origin, kernels(100)), ['conv2  3x3 64-&gt;192, 56x56', 'GFLOP/s', 'input gradient']],
    ['roofline', roofline(origin, kernels(100)), ['FLOP per byte', '40 GFLOP/s by a loop', 'conv2']],
    [
      'peers',
      peerBars(peers),
      ['Forward, main classifier only', 'TensorFlow.js 1.2', '1.40 s, 14.0 x ours', '100 ms<'],
    ],
    ['network', networkBars(origin, network), ['training step', 'batch 1', '1,000', '250']],
  ])('%s name what they show and where it comes from', async (_what, spec, texts) => {
    const svg = await drawSvg(spec);
    const always = [
      'llvmpipe (software: computes on the CPU',
      'Chrome/1',
      '2026-01-01',
      'npm run bench -- all',
    ];
    for (const text of [...always, ...texts]) expect(svg).toContain(text);
  });
});

describe('peakOfKernels', () => {
  it("is the loops', but never below the quickest kernel", () => {
    expect(peakOfKernels(kernels(100))).toBe(40);
    // 2 GFLOP in 9 ms, the best tenth.
    expect(peakOfKernels(kernels(10))).toBeCloseTo(2 / 0.009, 9);
  });
});
