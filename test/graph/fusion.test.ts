// Whole random networks on the GPU: fusion, shared memory and memory used twice change no result.
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { Distance } from '../support/compare';
import { GUESTS } from '../support/guest';
import type { allocateSlots, compareRandomGraph, joinBranches } from '../support/jobs/graph';
import { randomGraph } from '../support/random_graph';
import { launchesOf, planGraph } from '../support/simulate';

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);

function expectWithin(tensors: Readonly<Record<string, Distance>>, bound: number): void {
  for (const [name, { relative, worst }] of Object.entries(tensors)) {
    expect(relative, `${name}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(bound);
  }
}

/** Those that are so, and the others. */
function parted<T>(
  record: Readonly<Record<string, T>>,
  is: (name: string) => boolean,
): [Readonly<Record<string, T>>, Readonly<Record<string, T>>] {
  const entries = Object.entries(record);
  const only = (wanted: boolean) => Object.fromEntries(entries.filter(([name]) => is(name) === wanted));
  return [only(true), only(false)];
}

describe('a random network', () => {
  it.each([
    ...SEEDS.map((seed) => [`${seed}`, { seed }] as const),
    // One seed for all, so that another op changes none.
    ...GUESTS.map((guest) => [`with ${guest}`, { seed: 2, guest }] as const),
  ])('%s: losses, gradients and kept values are those of float64 loops', async (_what, given) => {
    const report = await call<typeof compareRandomGraph>('compareRandomGraph', given);
    // The tolerance of conv2d: sums here have 360 terms at most, and errors of a dozen layers add up at random.
    expectWithin(report.fused, 3e-6);
    expectWithin(report.kept, 3e-6);
    for (const others of [report.unfusedFromFused, report.allButOneFromFused]) {
      const [biases, rest] = parted(others, (name) => name.endsWith('.bias'));
      // The same sums in the same order but for the place of the bias: one or two roundings of 6e-8 a layer.
      expectWithin(rest, 1e-6);
      // The fused kernels sum dy for the bias in the order in which they read it for the weights.
      expectWithin(biases, 3e-6);
    }
    expect(report.names[0]).toEqual(report.names[1]);
    expect(Object.keys(report.fused)).toEqual(Object.keys(report.unfusedFromFused));
  });

  it('takes the memory on a device that was planned', async () => {
    const { planned, allocated, bytes } = await call<typeof allocateSlots>('allocateSlots', { seed: 3 });
    expect(allocated).toEqual([...planned]);
    expect(bytes).toBe(allocated.reduce((sum, size) => sum + size, 0));
  });

  it('has what this is about: fused nodes, concatenations without and with copies', () => {
    const counts = SEEDS.map((seed) => {
      const { graph, loss } = randomGraph(seed);
      const planned = planGraph(graph, { keep: new Set([loss]) });
      const concats = planned.nodes.filter(({ op }) => op.name === 'concat');
      return {
        fused: planned.nodes.filter(({ op }) => op.name === 'conv2d_fused').length,
        joined: concats.reduce((sum, { inputs }) => sum + Object.keys(inputs).length, 0),
        copied: launchesOf(planned, 'concat.wgsl').length,
      };
    });
    const sum = (key: 'fused' | 'joined' | 'copied') => counts.reduce((total, each) => total + each[key], 0);
    expect(sum('fused')).toBeGreaterThan(10);
    expect(sum('copied')).toBeGreaterThan(10);
    expect(sum('joined') - sum('copied')).toBeGreaterThan(10);
  });
});

describe('concat', () => {
  it('gives the same bits with a copy and without', async () => {
    const [elided, copied] = [
      await call<typeof joinBranches>('joinBranches', { copied: false }),
      await call<typeof joinBranches>('joinBranches', { copied: true }),
    ];
    expect([elided.copies, copied.copies]).toEqual([0, 1]);
    expect(copied.data).toEqual(elided.data);
    expect(new Set(elided.data).size).toBeGreaterThan(100);
  });
});
