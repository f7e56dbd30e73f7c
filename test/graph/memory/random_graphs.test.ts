// Where values lie, on many networks: nothing lies over what is needed, no dispatch reads and writes a slot. No GPU.
import { describe, expect, it } from 'vitest';
import type { Home } from '../../../src/graph/plan';
import { lowerBound } from '../../../src/graph/memory/lifetimes';
import { checkMemory } from '../../support/check_memory';
import { randomGraph } from '../../support/random_graph';
import { planGraph, type PlannedGraph } from '../../support/simulate';
import { TARGETS } from '../../../src/core/targets';

const NETWORKS = 520;
const NAMES = Object.keys(TARGETS) as (keyof typeof TARGETS)[];

const planned = (seed: number) => {
  const { graph, loss } = randomGraph(seed, 4 + (seed % 17));
  const keep = new Set([loss, ...(seed % 3 === 0 ? graph.gradients.values() : [])]);
  const target = TARGETS[NAMES[seed % NAMES.length] ?? 'gpu'];
  return { graph, keep, planned: planGraph(graph, { keep, target, fuse: seed % 5 > 0 }) };
};

const total = ({ plan }: PlannedGraph): number => plan.slots.reduce((sum, bytes) => sum + bytes, 0);

describe('memory of random networks', () => {
  it(`is safe, and not less than it can be, for ${NETWORKS} of them`, () => {
    for (let seed = 0; seed < NETWORKS; seed++) {
      const { graph, keep, planned: found } = planned(seed);
      expect(checkMemory(graph, found, keep), `network ${seed}`).toEqual([]);
      const { tenants, launches } = found.plan;
      expect(total(found)).toBeGreaterThanOrEqual(lowerBound(tenants, launches.length).bytes);
    }
  });

  it('is planned the same way each time', () => {
    const [first, second] = [planned(7), planned(7)].map(({ planned: { plan } }) => plan);
    const homes = (plan = first) => plan?.tenants.map(({ label, home }) => ({ label, home }));
    expect(homes(second)).toEqual(homes(first));
  });

  it('has no slot larger than a buffer may be', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { graph, loss } = randomGraph(seed);
      const keep = new Set([loss]);
      const free = planGraph(graph, { keep });
      const largest = Math.max(...free.plan.tenants.map(({ bytes }) => bytes));
      const maxBufferSize = Math.ceil(largest / 256) * 256;
      const limits = { maxBufferSize, maxStorageBufferBindingSize: maxBufferSize };
      const tight = planGraph(graph, { keep, limits });
      expect(checkMemory(graph, tight, keep)).toEqual([]);
      expect(Math.max(...tight.plan.slots)).toBeLessThanOrEqual(maxBufferSize);
    }
  });
});

describe('checkMemory', () => {
  const move = (
    { planned: found, ...rest }: ReturnType<typeof planned>,
    to: (home: Home) => Partial<Home>,
  ) => {
    const moved = (home: Home): Home => (typeof home.buffer === 'number' ? { ...home, ...to(home) } : home);
    const launches = found.plan.launches.map((launch) => {
      const homes = Object.entries(launch.homes).map(([name, home]) => [name, moved(home)]);
      return { ...launch, homes: Object.fromEntries(homes) as typeof launch.homes };
    });
    const home: typeof found.plan.home = (value) => {
      const at = found.plan.home(value);
      return at && { ...at, home: moved(at.home) };
    };
    return { ...rest, planned: { ...found, plan: { ...found.plan, launches, home } } };
  };
  const faults = ({ graph, planned: found, keep }: ReturnType<typeof planned>) =>
    checkMemory(graph, found, keep).join('\n');

  it('sees values that lie over each other', () => {
    expect(faults(move(planned(4), () => ({ offset: 0 })))).toMatch(/ lies over /);
  });

  it('sees a dispatch that reads and writes one slot', () => {
    expect(faults(move(planned(4), () => ({ buffer: 0 })))).toMatch(/ reads and writes buffer 0/);
  });

  it('sees a slot that is too small or too large', () => {
    const { planned: found, ...rest } = planned(4);
    const resized = (by: number) => {
      const plan = { ...found.plan, slots: found.plan.slots.map((bytes) => bytes + by) };
      return faults({ ...rest, planned: { ...found, plan } });
    };
    expect(resized(-512)).toMatch(/ends beyond its slot/);
    expect(resized(512)).toMatch(/is larger than what lies there/);
  });
});
