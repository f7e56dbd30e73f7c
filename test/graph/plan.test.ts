// Memory: every launch finds what it reads, whole and untouched. Pure, no GPU.
import { describe, expect, it } from 'vitest';
import { hashName } from '../../src/core/random';
import { FUSION_NAMES } from '../../src/graph/fuse_options';
import { GUESTS, ROWS_GUEST } from '../support/guest';
import { randomGraph } from '../support/random_graph';
import { planGraph, simulate, type PlannedGraph } from '../support/simulate';
import { trainingGraph } from '../support/training_graph';

const bytes = ({ plan }: PlannedGraph): number => plan.slots.reduce((sum, size) => sum + size, 0);

describe('plan', () => {
  it.each([
    ['224 pixels, an eighth of the channels', 224, 1 / 8],
    ['80 pixels, all channels', 80, 1],
  ])('googlenet, %s: every read finds its value', (_what, inputSize, width) => {
    const { graph, keep } = trainingGraph(inputSize, width);
    const planned = planGraph(graph, { keep });
    expect(simulate(graph, planned, keep)).toEqual([]);
  });

  it('uses memory again', () => {
    const { graph, keep } = trainingGraph(224, 1);
    const reused = planGraph(graph, { keep });
    // With guard words no slot serves twice: what all values would take.
    expect(bytes(reused)).toBeLessThan(0.8 * bytes(planGraph(graph, { keep, guardBytes: 4 })));
  });

  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'random network %i: every read finds its value',
    (seed) => {
      const leftOut = FUSION_NAMES[seed % FUSION_NAMES.length] ?? '';
      for (const fuse of [true, false, { [leftOut]: false }]) {
        const { graph, loss } = randomGraph(seed, 6 + (seed % 12));
        const values = graph.nodes.flatMap(({ outputs }) => Object.values(outputs));
        for (const keep of [new Set([loss]), new Set(values)]) {
          const planned = planGraph(graph, { keep, fuse });
          expect(simulate(graph, planned, keep)).toEqual([]);
        }
      }
    },
  );

  it('random networks are what they were, whatever ops there are now', () => {
    const texts = Array.from({ length: 50 }, (_, seed) =>
      randomGraph(seed).graph.nodes.map(({ op, outputs }) => [
        op.name,
        ...Object.values(outputs).map(({ shape }) => String(shape)),
      ]),
    );
    expect(hashName(JSON.stringify(texts))).toBe(543674725);
  });

  it.each(GUESTS)('random networks with %s: every read finds its value', (guest) => {
    for (let seed = 0; seed < 10; seed++) {
      const { graph, loss } = randomGraph(seed, 6 + seed, guest);
      for (const fuse of [true, false]) {
        const guests = [
          ...graph.nodes.map(({ op }) => op.name),
          ...(graph.variables.has('guest0') ? [ROWS_GUEST] : []),
        ];
        expect(guests).toContain(guest);
        const keep = new Set([loss]);
        expect(simulate(graph, planGraph(graph, { keep, fuse }), keep)).toEqual([]);
      }
    }
  });

  it.each([0, 1, 2, 3])('random network %i: keeps any one value, also one that lies in another', (seed) => {
    const { graph } = randomGraph(seed);
    for (const value of graph.nodes.flatMap(({ outputs }) => Object.values(outputs))) {
      const keep = new Set([value]);
      expect(simulate(graph, planGraph(graph, { keep }), keep)).toEqual([]);
    }
  });

  it('binds a buffer at multiples of 256 bytes, within its size', () => {
    const { graph, keep } = trainingGraph(80, 1 / 4);
    const { plan } = planGraph(graph, { keep });
    for (const { homes, label } of plan.launches) {
      for (const [name, { buffer, offset, size }] of Object.entries(homes)) {
        expect(offset % 256, `${label}: ${name}`).toBe(0);
        if (typeof buffer === 'number')
          expect(offset + size).toBeLessThanOrEqual(plan.slots[buffer] as number);
      }
    }
  });

  it('puts all launches of forward before those of backward', () => {
    const { graph } = trainingGraph(80, 1 / 8);
    const { plan } = planGraph(graph);
    const parts = plan.launches.map(({ part }) => part);
    expect(new Set(parts)).toEqual(new Set(['forward', 'backward']));
    expect(parts.lastIndexOf('forward')).toBeLessThan(parts.indexOf('backward'));
  });

  it('forgets values that nobody keeps', () => {
    const { graph, loss } = randomGraph(3);
    const { plan } = planGraph(graph, { keep: new Set([loss]) });
    expect(plan.home(loss)).toBeDefined();
    const head = graph.value('head0');
    expect(plan.home(head)).toBeUndefined();
  });
});

describe('simulate', () => {
  it('sees two values that were given one slot', () => {
    const { graph, loss } = randomGraph(5);
    const planned = planGraph(graph, { keep: new Set([loss]) });
    const launches = planned.plan.launches.map((launch) => ({
      ...launch,
      homes: Object.fromEntries(
        Object.entries(launch.homes).map(([name, home]) => [
          name,
          typeof home.buffer === 'number' ? { ...home, buffer: 0 } : home,
        ]),
      ),
    }));
    const slots = [planned.plan.slots.reduce((a, b) => Math.max(a, b))];
    const faults = simulate(graph, { ...planned, plan: { ...planned.plan, launches, slots } }).join('\n');
    expect(faults).toMatch(/reads and writes buffer 0/);
    expect(faults).toMatch(/reads .*, which is not there/);
  });
});
