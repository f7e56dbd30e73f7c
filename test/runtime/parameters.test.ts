// Initial values, put in their places in slices, are those of the whole parameters.
import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { readPlace, type Drawn } from '../../src/core/variable';
import { Graph } from '../../src/graph/graph';
import { writeSafetensors } from '../../src/io/safetensors';
import { loadWeights } from '../../src/io/weights';
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
    await parameters.load(new Map([['b', { shape: [2, 4, 1, 1], data }]]), { match: 'some' });
    const found = parameters.decode(flat.buffer);
    expect([...(found.get('a')?.data ?? [])]).toEqual(new Array(12).fill(3));
    expect([...(found.get('b')?.data ?? [])]).toEqual([...data]);
    expect(engine.counters.bytesRead).toBe(0);
    await expect(parameters.load(new Map([['c', { shape: [1], data }]]))).rejects.toThrow(
      'no variable of this name; got c',
    );
  });
});

describe('loading what fits', () => {
  const shapes = (classes: number) => {
    const graph = new Graph();
    weight(graph, { name: 'conv.weight', shape: [4, 3, 1, 1] });
    weight(graph, { name: 'fc.weight', shape: [classes, 4], initial: 9 });
    weight(graph, { name: 'fc.bias', shape: [classes], initial: 9 });
    return graph;
  };
  const tensor = (shape: readonly number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => index),
  });
  /** Of a network for 5 classes. */
  const pretrained = new Map([
    ['conv.weight', tensor([4, 3, 1, 1])],
    ['fc.weight', tensor([5, 4])],
    ['aux.weight', tensor([5, 2])],
  ]);
  const loaded = async (load: (parameters: Parameters) => Promise<unknown>) => {
    const { engine } = fakeEngine();
    let flat = new Float32Array(0);
    Reflect.set(engine.device.queue, 'writeBuffer', (buffer: GPUBuffer, at: number, part: Float32Array) => {
      if (flat.length === 0) flat = new Float32Array(buffer.size / 4);
      flat.set(part, at / 4);
    });
    const parameters = await Parameters.create(engine, shapes(2));
    const report = await load(parameters).catch(String);
    return { report, tensors: parameters.decode(flat.buffer) };
  };
  const REPORT = {
    loaded: ['conv.weight'],
    missing: ['fc.bias'],
    unused: ['aux.weight'],
    otherShape: ['fc.weight'],
  };

  it('by name and shape tells what was loaded, and what was not', async () => {
    const { report, tensors } = await loaded((parameters) => parameters.load(pretrained, { match: 'some' }));
    expect(report).toEqual(REPORT);
    expect([...(tensors.get('conv.weight')?.data ?? [])]).toEqual([...tensor([4, 3, 1, 1]).data]);
    // Never cut to fit.
    expect([...(tensors.get('fc.weight')?.data ?? [])]).toEqual(new Array(8).fill(9));
    expect([...(tensors.get('fc.bias')?.data ?? [])]).toEqual([9, 9]);
  });

  it('does so from a file', async () => {
    const file = writeSafetensors(pretrained, { classes: '5' });
    const { report, tensors } = await loaded((parameters) =>
      loadWeights(parameters, file, { match: 'some' }),
    );
    expect(report).toEqual({ ...REPORT, metadata: { classes: '5' } });
    expect(tensors.get('conv.weight')?.data[11]).toBe(11);
  });

  const NAMES = 'its names are conv.weight, fc.weight, fc.bias';
  const none = new Map([...pretrained].filter(([name]) => name !== 'conv.weight'));
  it.each<[string, (parameters: Parameters) => Promise<unknown>, string]>([
    [
      'nothing that fits',
      (parameters) => parameters.load(none, { match: 'some' }),
      'ValueError: weights: nothing fits the network by name and shape; ' +
        `got fc.weight, aux.weight; ${NAMES}`,
    ],
    [
      'a file of which nothing fits',
      (parameters) => loadWeights(parameters, writeSafetensors(none), { match: 'some', where: 'w' }),
      'FormatError: w: nothing fits the network by name and shape; ' + `got fc.weight, aux.weight; ${NAMES}`,
    ],
    [
      'a NaN in what fits',
      (parameters) =>
        parameters.load(new Map([['fc.bias', { shape: [2], data: Float32Array.of(1, NaN) }]]), {
          match: 'some',
        }),
      'ValueError: fc.bias: must hold finite numbers; got NaN at 1',
    ],
    [
      'another shape, where all must fit',
      (parameters) => parameters.load(new Map([['fc.weight', tensor([5, 4])]])),
      'ShapeError: fc.weight: the network has the shape [2, 4]; got [5,4]',
    ],
    [
      'some, where all are needed',
      (parameters) => parameters.load(new Map([['conv.weight', tensor([4, 3, 1, 1])]]), { match: 'all' }),
      'ValueError: weights: fc.weight, fc.bias must be given too',
    ],
    [
      'a file of another shape, where all must fit',
      (parameters) => {
        const five = new Map(shapes(5).variables);
        const file = writeSafetensors(
          [...five.values()].map(({ value }) => [value.label, tensor(value.shape)]),
        );
        return loadWeights(parameters, file);
      },
      'FormatError: weights file, tensor fc.weight: the network has the shape [2, 4]; got [5, 4]',
    ],
  ])('refuses %s, and writes nothing', async (_what, load, message) => {
    const { report, tensors } = await loaded(load);
    expect(report).toBe(message);
    expect(tensors.get('conv.weight')?.data.every((number) => number === 0)).toBe(true);
    expect([...(tensors.get('fc.bias')?.data ?? [])]).toEqual([9, 9]);
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
