import { describe, expect, it } from 'vitest';
import { profileText } from '../../src/cli/profile_table';
import { printed } from '../../src/text/table';
import { traceFile } from '../../src/io/trace';
import type { Profile } from '../../src/runtime/profile';

const PROFILE: Profile = {
  adapter: 'vendor gpu',
  software: false,
  method: 'device',
  choices: 'as somebody chose',
  nodes: [
    {
      layer: 'conv1',
      op: 'conv2d',
      part: 'forward',
      multiplyAdds: 3_000_000,
      bytes: 100,
      launches: [{ kernel: 'a.wgsl#forward', workgroups: [4, 1, 1], start: 0, milliseconds: 2 }],
    },
    {
      layer: 'pool1',
      op: 'max_pool',
      part: 'forward',
      multiplyAdds: 0,
      bytes: 100,
      launches: [{ kernel: 'b.wgsl#forward', workgroups: [1, 1, 1], start: 2.5, milliseconds: 1 }],
    },
    {
      layer: 'conv1',
      op: 'conv2d_grad_weight',
      part: 'backward',
      multiplyAdds: 3_000_000,
      bytes: 100,
      launches: [
        { kernel: 'a.wgsl#backward_weight', workgroups: [4, 2, 1], start: 4, milliseconds: 3 },
        { kernel: 'c.wgsl#forward', workgroups: [1, 1, 1], start: 7.5, milliseconds: 1 },
      ],
    },
    {
      layer: 'update',
      op: 'sgd',
      part: 'update',
      multiplyAdds: 0,
      bytes: 100,
      launches: [{ kernel: 'sgd.wgsl', workgroups: [], start: 9, milliseconds: 1 }],
    },
  ],
};

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Record<string, unknown>;
}

describe('traceFile', () => {
  const { traceEvents } = JSON.parse(traceFile({ step: PROFILE, other: PROFILE })) as {
    traceEvents: TraceEvent[];
  };
  const of = (pid: number, tid: number) =>
    traceEvents.filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid);

  it('names processes and rows', () => {
    const names = traceEvents.filter(({ ph }) => ph === 'M');
    expect(names.map(({ name, pid, tid, args }) => [name, pid, tid, args['name']])).toEqual([
      ['process_name', 1, 1, 'step on vendor gpu'],
      ['thread_name', 1, 1, 'layers'],
      ['thread_name', 1, 2, 'launches'],
      ['process_name', 2, 1, 'other on vendor gpu'],
      ['thread_name', 2, 1, 'layers'],
      ['thread_name', 2, 2, 'launches'],
    ]);
  });

  it('shows layers above their launches, in microseconds', () => {
    for (const pid of [1, 2]) {
      expect(of(pid, 1).map(({ name, cat, ts, dur }) => [name, cat, ts, dur])).toEqual([
        ['conv1 conv2d', 'forward', 0, 2000],
        ['pool1 max_pool', 'forward', 2500, 1000],
        ['conv1 conv2d_grad_weight', 'backward', 4000, 4500],
        ['update sgd', 'update', 9000, 1000],
      ]);
      expect(of(pid, 2).map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
        ['a.wgsl#forward', 0, 2000],
        ['b.wgsl#forward', 2500, 1000],
        ['a.wgsl#backward_weight', 4000, 3000],
        ['c.wgsl#forward', 7500, 1000],
        ['sgd.wgsl', 9000, 1000],
      ]);
    }
    // Of the time of its launches, 4 ms, without what lies between them.
    expect(of(1, 1)[2]?.args).toEqual({ 'multiply-adds': 3_000_000, bytes: 100, 'GFLOP/s': 1.5 });
    expect(of(1, 1)[1]?.args).toEqual({ 'multiply-adds': 0, bytes: 100 });
  });
});

describe('profileText', () => {
  it('adds up parts of a layer and shares of the whole', () => {
    expect(printed(profileText(PROFILE)).split('\n')).toEqual([
      'layer   forward ms  GFLOP/s  backward ms  GFLOP/s  update ms  share',
      '------  ----------  -------  -----------  -------  ---------  -----',
      'conv1         2.00     3.00         4.00     1.50              75 %',
      'pool1         1.00                                             13 %',
      'update                                                  1.00   13 %',
      'all           3.00     2.00         4.00     1.50       1.00  100 %',
      '',
      "8.00 ms in all, vendor gpu; each launch by the device's clock",
      'kernels: as somebody chose',
    ]);
  });
});
