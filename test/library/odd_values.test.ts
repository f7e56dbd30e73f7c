// Values that look like what is wanted: arrays with holes, other collections, numbers that are none as a float32, arrays
// that change later or come from another realm.
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../src/cli/options';
import * as library from '../../src/index';

const { byTable, Graph, layers, readSafetensors, slidingWindow, writeSafetensors } = library;
const junk = (value: unknown): never => value as never;
const hole = (length: number, at: number): never => {
  const list = Array.from({ length }, () => 1);
  Reflect.deleteProperty(list, at);
  return junk(list);
};
const graph = () => new Graph();
const variable = (options: object) => () => graph().variable({ name: 'v', shape: [3], ...options });
const pixelsOf = (mean: never) => {
  const given = graph();
  return layers(given).pixels('p', given.input('x', [1, 1, 2, 2], 'u32'), { mean });
};

describe('is refused in words', () => {
  it.each<[string, () => unknown, string]>([
    ['a shape with a hole', () => graph().input('x', hole(2, 0)), 'x: an input must be (N, F); got [null,1]'],
    [
      'a kernel with a hole',
      () => slidingWindow('a', hole(2, 0), 1, 0),
      'a: kernel and stride must be whole',
    ],
    ['a list with a hole', () => layers(graph()).concat('a', hole(2, 0)), 'must have no holes; got one at 0'],
    ['a mean with a hole', () => pixelsOf(hole(3, 1)), 'p: mean must be 3 finite numbers'],
    [
      'a tensor with a hole in its shape',
      () => writeSafetensors([['a', { shape: hole(2, 1), data: new Float32Array(1) }]]),
      'tensor "a": shape and data must agree',
    ],
    ['a Map of choices', () => byTable(junk(new Map([['a', 'b']]))), 'must be a plain object; got Map'],
    [
      'a Map of metadata',
      () => writeSafetensors([['a', { shape: [1], data: new Float32Array(1) }]], junk(new Map([['a', 'b']]))),
      'metadata must be a plain object; got Map',
    ],
    [
      'a Promise of options',
      () => library.sgd(junk(Promise.resolve({}))),
      'must be a plain object; got Promise',
    ],
    ['a factor that is infinite', variable({ rateScale: 1e39 }), 'v: rateScale must be a finite float32'],
    ['a beginning that is infinite', variable({ initial: 1e39 }), 'v: initial must be a finite float32'],
    ['merge null', variable({ merge: null }), 'v: merge must be a string that is not empty; got null'],
    [
      'an unknown field of initial',
      variable({ initial: { draw: 'weight', fanIn: 2, mode: 'fan_out' } }),
      'v: initial: has no such option; got mode',
    ],
    [
      'what only claims to be bytes',
      () => readSafetensors(junk({ [Symbol.toStringTag]: 'Uint8Array', length: 100 })),
      'must be given as a Uint8Array',
    ],
    [
      'an option in place of a folder',
      () => parseOptions(['--out', '--headed']),
      '--out: must name a folder',
    ],
  ])('%s', (_what, call, message) => {
    expect(call).toThrow(library.EngineError);
    expect(call).toThrow(message);
  });
});

it('what a caller changes later stays as it was given', () => {
  const shape = [1, 2];
  const data = Float32Array.of(1, 2);
  const given = graph();
  const value = given.constant('c', shape, data);
  shape[1] = data[0] = 9;
  expect(value.shape).toEqual([1, 2]);
  expect(given.constants.get(value)).toEqual(Float32Array.of(1, 2));
});

it('arrays of another realm are taken', () => {
  const numbers = runInNewContext('Float32Array.of(1, 2)') as Float32Array;
  expect(numbers).not.toBeInstanceOf(Float32Array);
  expect(graph().constant('c', [2], numbers).label).toBe('c');
});

it.each(['Trainer', 'Classifier', 'Program', 'Update', 'Parameters', 'SingleOp'] as const)(
  'new %s says what makes it',
  (name) => {
    const made = library[name] as unknown as new (...given: readonly unknown[]) => unknown;
    for (const given of [[], [{}], [{}, {}], [{}, {}, {}], [{}, {}, {}, {}], [null, 1, 'x', null]])
      expect(() => new made(...given)).toThrow(`${name}: cannot be made with new; await ${name}.create`);
  },
);
