import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import { layoutVariables, readPlace, writePlace, type Place, type Variable } from '../../src/core/variable';
import { googlenet } from '../../src/models/googlenet';
import { variable } from '../support/weights';

const convolution = (name: string, shape: readonly number[], merge?: string): Variable =>
  variable({ name, shape, ...(merge !== undefined && { merge }) });
const bias = (name: string, length: number, merge?: string): Variable => convolution(name, [length], merge);

/** 1, 2, 3 ...: each element of a tensor is told from the others and from 0. */
const counted = ({ shape }: Variable, from = 1): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, index) => from + index);

function place(...specs: Variable[]) {
  const layout = layoutVariables(specs);
  const at = (name: string): Place => layout.places.get(name) as Place;
  return { ...layout, at, flat: new Float32Array(layout.elements) };
}

describe('layoutVariables', () => {
  it('gives back what was written, for every parameter of the network', () => {
    const { graph } = googlenet({ classes: 10, batch: 1, inputSize: 80, width: 1 / 8 });
    const specs = [...graph.variables.values()].map(({ variable: own }) => own);
    const { places, flat } = place(...specs);
    let from = 1;
    for (const placement of places.values()) {
      writePlace(placement, counted(placement.variable, from), flat);
      from += sizeOf(placement.variable.shape);
    }
    from = 1;
    for (const placement of places.values()) {
      const same = readPlace(placement, flat).every((value, index) => value === from + index);
      expect(same, placement.variable.name).toBe(true);
      from += sizeOf(placement.variable.shape);
    }
    // No element is shared, and what belongs to none stays 0.
    expect(flat.filter((value) => value !== 0)).toHaveLength(from - 1);
  });

  it('starts each matrix at a multiple of 256 bytes, rows at a multiple of 16', () => {
    const { graph } = googlenet({ classes: 10, batch: 1, inputSize: 80, width: 1 / 8 });
    const { places, elements } = layoutVariables(
      [...graph.variables.values()].map(({ variable: own }) => own),
    );
    for (const {
      variable: { name },
      matrix,
      stride,
    } of places.values()) {
      expect((matrix.offset * 4) % 256, name).toBe(0);
      expect((stride * 4) % 16, name).toBe(0);
      expect(matrix.offset + matrix.elements).toBeLessThanOrEqual(elements);
    }
  });

  it('stores convolutions as taps of input channels of output channels', () => {
    // w[o, c, h, w] has the value 1 + ((o * 2 + c) * 1 + 0) * 2 + w.
    const spec = convolution('w', [3, 2, 1, 2]);
    const { at, flat } = place(spec);
    writePlace(at('w'), counted(spec), flat);
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
    const plain = variable({ name: 'w', shape: [2, 4] });
    const flattened: Variable = { ...plain, name: 'v', plane: [2, 1, 2] };
    const { at, flat } = place(plain, flattened);
    writePlace(at('w'), counted(plain), flat);
    writePlace(at('v'), counted(flattened), flat);
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
    const { places, at } = place(...specs);
    expect([...places.keys()]).toEqual(['a', 'a.bias', 'alone', 'b', 'b.bias']);
    expect(at('b').matrix).toEqual(at('a').matrix);
    expect(at('b')).toMatchObject({ offset: at('a').offset + 3, stride: 8, rows: 4, columns: 2 });
    expect(at('b.bias').offset).toBe(at('a.bias').offset + 3);
    expect(at('a.bias').matrix).not.toEqual(at('a').matrix);
    expect(at('alone')).toMatchObject({ stride: 8, columns: 8 });
  });

  it('puts the three 1x1 convolutions that read a module’s input side by side', () => {
    const { graph } = googlenet({ classes: 10, batch: 1 });
    const { at } = place(...[...graph.variables.values()].map(({ variable: own }) => own));
    const names = ['conv1', 'reduce2', 'reduce3'].map((layer) => `inception3a.${layer}.weight`);
    const [first = at('conv1.weight')] = names.map(at);
    expect(names.map((name) => at(name).offset - first.offset)).toEqual([0, 64, 64 + 96]);
    expect(names.map((name) => at(name).stride)).toEqual([176, 176, 176]);
  });

  it.each<[string, Variable[], string]>([
    [
      'merged weights of other rows',
      [convolution('a', [3, 4, 1, 1], 'm'), convolution('b', [3, 8, 1, 1], 'm')],
      'b: must have as many rows as a, to lie beside it: 4; got 8 rows; give it another merge, or none',
    ],
    [
      'a bias of two sizes',
      [{ ...bias('b', 3), shape: [3, 1] }],
      'b: a number for each channel must be (C); got [3, 1]',
    ],
    [
      'a convolution of two',
      [{ ...convolution('w', [3, 4, 1, 1]), shape: [3, 4] }],
      'w: weights of a convolution must be (out, in, kh, kw); got [3, 4]',
    ],
  ])('refuses %s', (_what, specs, message) => {
    expect(() => layoutVariables(specs)).toThrow(ShapeError);
    expect(() => layoutVariables(specs)).toThrow(message);
  });
});
