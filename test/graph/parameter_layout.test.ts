import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import {
  layoutParameters,
  readParameter,
  writeParameter,
  type ParameterPlacement,
  type ParameterSpec,
} from '../../src/graph/parameter_layout';
import { googlenet } from '../../src/models/googlenet';

const convolution = (name: string, shape: readonly number[], merge?: string): ParameterSpec => ({
  name,
  shape,
  kind: 'convolution',
  fanIn: 1,
  ...(merge !== undefined && { merge }),
});
const bias = (name: string, length: number, merge?: string): ParameterSpec => ({
  ...convolution(name, [length], merge),
  kind: 'bias',
});

/** 1, 2, 3 ...: each element of a tensor is told from the others and from 0. */
const counted = ({ shape }: ParameterSpec, from = 1): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, index) => from + index);

function place(...specs: ParameterSpec[]) {
  const layout = layoutParameters(specs);
  const at = (name: string): ParameterPlacement => layout.placements.get(name) as ParameterPlacement;
  return { ...layout, at, flat: new Float32Array(layout.elements) };
}

describe('layoutParameters', () => {
  it('gives back what was written, for every parameter of the network', () => {
    const { graph } = googlenet({ classes: 10, batch: 1, inputSize: 80, width: 1 / 8 });
    const specs = [...graph.parameters.values()].map(({ spec }) => spec);
    const { placements, flat } = place(...specs);
    let from = 1;
    for (const placement of placements.values()) {
      writeParameter(placement, counted(placement.spec, from), flat);
      from += sizeOf(placement.spec.shape);
    }
    from = 1;
    for (const placement of placements.values()) {
      const same = readParameter(placement, flat).every((value, index) => value === from + index);
      expect(same, placement.spec.name).toBe(true);
      from += sizeOf(placement.spec.shape);
    }
    // No element is shared, and what belongs to none stays 0.
    expect(flat.filter((value) => value !== 0)).toHaveLength(from - 1);
  });

  it('starts each matrix at a multiple of 256 bytes, rows at a multiple of 16', () => {
    const { graph } = googlenet({ classes: 10, batch: 1, inputSize: 80, width: 1 / 8 });
    const { placements, elements } = layoutParameters([...graph.parameters.values()].map(({ spec }) => spec));
    for (const { spec, matrix, stride } of placements.values()) {
      expect((matrix.offset * 4) % 256, spec.name).toBe(0);
      expect((stride * 4) % 16, spec.name).toBe(0);
      expect(matrix.offset + matrix.elements).toBeLessThanOrEqual(elements);
    }
  });

  it('stores convolutions as taps of input channels of output channels', () => {
    // w[o, c, h, w] has the value 1 + ((o * 2 + c) * 1 + 0) * 2 + w.
    const spec = convolution('w', [3, 2, 1, 2]);
    const { at, flat } = place(spec);
    writeParameter(at('w'), counted(spec), flat);
    const rows = Array.from({ length: 8 }, (_, row) => [...flat.subarray(row * 4, row * 4 + 4)]);
    expect(rows).toEqual([
      [1, 5, 9, 0],
      [3, 7, 11, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [2, 6, 10, 0],
      [4, 8, 12, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('stores linear weights by input feature, a plane’s in the order height, width, channel', () => {
    const plain: ParameterSpec = { name: 'w', shape: [2, 4], kind: 'linear', fanIn: 4 };
    const flattened: ParameterSpec = { ...plain, name: 'v', plane: [2, 1, 2] };
    const { at, flat } = place(plain, flattened);
    writeParameter(at('w'), counted(plain), flat);
    writeParameter(at('v'), counted(flattened), flat);
    const columns = (name: string) => Array.from({ length: 4 }, (_, row) => flat[at(name).offset + row * 4]);
    expect(columns('w')).toEqual([1, 2, 3, 4]);
    expect(columns('v')).toEqual([1, 3, 2, 4]);
  });

  it('puts merged weights and biases side by side, each kind in a matrix of its own', () => {
    const specs = [
      convolution('a', [3, 4, 1, 1], 'm'),
      bias('a.bias', 3, 'm'),
      convolution('alone', [8, 4, 1, 1]),
      convolution('b', [2, 4, 1, 1], 'm'),
      bias('b.bias', 2, 'm'),
    ];
    const { placements, at } = place(...specs);
    expect([...placements.keys()]).toEqual(['a', 'a.bias', 'alone', 'b', 'b.bias']);
    expect(at('b').matrix).toEqual(at('a').matrix);
    expect(at('b')).toMatchObject({ offset: at('a').offset + 3, stride: 8, rows: 4, columns: 2 });
    expect(at('b.bias').offset).toBe(at('a.bias').offset + 3);
    expect(at('a.bias').matrix).not.toEqual(at('a').matrix);
    expect(at('alone')).toMatchObject({ stride: 8, columns: 8 });
  });

  it('puts the three 1x1 convolutions that read a module’s input side by side', () => {
    const { graph } = googlenet({ classes: 10, batch: 1 });
    const { at } = place(...[...graph.parameters.values()].map(({ spec }) => spec));
    const names = ['conv1', 'reduce2', 'reduce3'].map((layer) => `inception3a.${layer}.weight`);
    const [first = at('conv1.weight')] = names.map(at);
    expect(names.map((name) => at(name).offset - first.offset)).toEqual([0, 64, 64 + 96]);
    expect(names.map((name) => at(name).stride)).toEqual([176, 176, 176]);
  });

  it.each<[string, ParameterSpec[], string]>([
    [
      'merged weights of other rows',
      [convolution('a', [3, 4, 1, 1], 'm'), convolution('b', [3, 8, 1, 1], 'm')],
      'b: merged weights must have 4 rows; got 8 rows',
    ],
    ['a bias of two sizes', [{ ...bias('b', 3), shape: [3, 1] }], 'b: a bias has 1 sizes; got [3, 1]'],
    ['a convolution of two', [convolution('w', [3, 4])], 'w: a convolution has 4 sizes; got [3, 4]'],
  ])('refuses %s', (_what, specs, message) => {
    expect(() => layoutParameters(specs)).toThrow(ShapeError);
    expect(() => layoutParameters(specs)).toThrow(message);
  });
});
