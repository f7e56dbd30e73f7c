// Initial values, put in their places in slices, are those of the whole parameters.
import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { readPlace, type Drawn } from '../../src/core/variable';
import { Graph } from '../../src/graph/graph';
import { googlenet } from '../../src/models/googlenet';
import { Parameters } from '../../src/runtime/parameters';
import { Program } from '../../src/runtime/program';
import { fakeEngine } from '../support/fake_engine';
import { weight } from '../support/weights';

describe('initial weights', () => {
  it('of Table 1 arrive on the device as the generator gives them', async () => {
    const { graph } = googlenet({ classes: 1000, batch: 1, mode: 'train' });
    const { engine } = fakeEngine();
    let flat = new Float32Array(0);
    Reflect.set(engine.device.queue, 'writeBuffer', (buffer: GPUBuffer, at: number, part: Float32Array) => {
      if (flat.length === 0) flat = new Float32Array(buffer.size / 4);
      flat.set(part, at / 4);
    });
    const { layout } = await Parameters.create(engine, graph, { seed: 3, initial: 'pytorch' });
    expect(flat).toHaveLength(layout.elements);
    for (const place of layout.places.values()) {
      const { name, shape, initial } = place.variable;
      const { fanIn } = initial as Drawn;
      const expected = uniform(sizeOf(shape), 1 / Math.sqrt(fanIn), 3, name);
      const found = readPlace(place, flat);
      const wrong = found.findIndex((value, index) => value !== expected[index]);
      expect([name, found.length, wrong]).toEqual([name, expected.length, -1]);
    }
  });
});

describe('loading', () => {
  it('some of the weights that lie side by side leaves the others, and reads nothing back', async () => {
    const graph = new Graph();
    for (const [name, columns] of [['a', 3] as const, ['b', 2] as const]) {
      weight(graph, { name, shape: [columns, 4, 1, 1], merge: 'm', initial: columns });
    }
    const { engine } = fakeEngine();
    let flat = new Float32Array(0);
    Reflect.set(engine.device.queue, 'writeBuffer', (buffer: GPUBuffer, at: number, part: Float32Array) => {
      if (flat.length === 0) flat = new Float32Array(buffer.size / 4);
      flat.set(part, at / 4);
    });
    const parameters = await Parameters.create(engine, graph);
    const data = Float32Array.from({ length: 8 }, (_, index) => -index);
    await parameters.load(new Map([['b', { shape: [2, 4, 1, 1], data }]]), { complete: false });
    const found = parameters.decode(flat.buffer);
    expect([...(found.get('a')?.data ?? [])]).toEqual(new Array(12).fill(3));
    expect([...(found.get('b')?.data ?? [])]).toEqual([...data]);
    expect(engine.counters.bytesRead).toBe(0);
    await expect(parameters.load(new Map([['c', { shape: [1], data }]]))).rejects.toThrow(
      'no variable of this name; got c',
    );
  });
});

describe('a program', () => {
  it('refuses parameters of another flattened plane', async () => {
    const linear = (plane?: readonly [number, number, number]) => {
      const graph = new Graph();
      weight(graph, { name: 'w', shape: [3, 128], ...(plane && { plane }) });
      return graph;
    };
    const { engine } = fakeEngine();
    const parameters = await Parameters.create(engine, linear([8, 4, 4]));
    for (const [plane, got] of [
      [[32, 2, 2] as const, 'planes [32, 2, 2] and [8, 4, 4]'],
      [undefined, 'planes none and [8, 4, 4]'],
    ] as const) {
      await expect(Program.create(engine, linear(plane), { parameters })).rejects.toThrow(
        `w: graph and parameters must be flattened planes of the same shape, or neither; got ${got}; ` +
          'make the parameters of a graph with the same plane',
      );
    }
  });
});
