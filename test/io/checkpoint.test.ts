import { describe, expect, it } from 'vitest';
import { FormatError, ShapeError, ValueError } from '../../src/core/errors';
import { readCheckpoint, writeCheckpoint, type Checkpoint, type NamedTensors } from '../../src/io/checkpoint';
import { readSafetensors, writeSafetensors, type TensorToWrite } from '../../src/io/safetensors';
import { slotOfFormat1 } from '../../src/io/checkpoint_1';
import { exampleCheckpoint } from '../support/checkpoint';

const bits = (data: Float32Array): number[] => [
  ...new Uint32Array(data.buffer, data.byteOffset, data.length),
];
const bitsOf = (tensors: NamedTensors | undefined): unknown =>
  tensors && [...tensors].map(([name, { shape, data }]) => [name, shape, bits(data)]);

const STATE = ['adapter', 'cursor', 'optimizer', 'plan', 'seed', 'settings', 'step'];

/** With one weight's numbers replaced. */
const withBias = (checkpoint: Checkpoint, data: Float32Array): Checkpoint => ({
  ...checkpoint,
  weights: new Map(checkpoint.weights).set('conv1.bias', { shape: [4], data }),
});

describe('round trip', () => {
  it.each(['adam', 'sgd'])('keeps every bit and field of a run with %s', (kind) => {
    const smallest = 2 ** -149;
    const numbers = Float32Array.of(-0, smallest, -3.4028234663852886e38, 1 / 3);
    const given = withBias(exampleCheckpoint(4294967295, { adam: kind === 'adam' }), numbers);
    const bytes = writeCheckpoint(given);
    const { weights, slots, ...state } = readCheckpoint(bytes);
    expect(given).toMatchObject(state);
    expect(Object.keys(state).sort()).toEqual(STATE);
    expect(bitsOf(weights)).toEqual(bitsOf(given.weights));
    expect([...slots.keys()]).toEqual([...given.slots.keys()]);
    for (const [slot, tensors] of slots) expect(bitsOf(tensors)).toEqual(bitsOf(given.slots.get(slot)));
    expect(writeCheckpoint(readCheckpoint(bytes))).toEqual(bytes);
  });

  it('is read wherever the bytes lie', () => {
    const bytes = writeCheckpoint(exampleCheckpoint(1));
    const moved = new Uint8Array(bytes.length + 1);
    moved.set(bytes, 1);
    expect(bitsOf(readCheckpoint(moved.subarray(1)).weights)).toEqual(bitsOf(exampleCheckpoint(1).weights));
  });

  it('is a safetensors file that other programs read', () => {
    const { tensors, metadata } = readSafetensors(writeCheckpoint(exampleCheckpoint(7)));
    expect([...tensors.keys()]).toEqual(
      ['weights', 'exp_avg', 'exp_avg_sq'].flatMap((group) =>
        ['conv1.weight', 'conv1.bias', 'fc.weight'].map((name) => `${group}/${name}`),
      ),
    );
    expect(metadata['format']).toBe('inception-webgpu checkpoint 2');
    expect(JSON.parse(metadata['state'] ?? '')).toMatchObject({ step: 7, seed: 4294967295 });
  });
});

const good = exampleCheckpoint(3);
const without = (tensors: NamedTensors, name: string): NamedTensors =>
  new Map([...tensors].filter(([key]) => key !== name));

describe('what cannot go on', () => {
  const wrong: [string, Record<string, unknown>, string][] = [
    ['a step below 0', { step: -1 }, 'checkpoint: step must be a whole number from 0 to 4294967295; got -1'],
    ['half a step', { step: 1.5 }, 'step must be a whole number from 0 to 4294967295; got 1.5'],
    [
      'a seed of 33 bits',
      { seed: 2 ** 32 },
      'seed must be a whole number from 0 to 4294967295; got 4294967296',
    ],
    ['no seed', { seed: undefined }, 'seed must be a whole number from 0 to 4294967295; got nothing'],
    ['no optimizer', { optimizer: null }, 'optimizer: must be an object; got null'],
    ['an optimizer without settings', { optimizer: { name: 'lion' } }, 'optimizer: lacks settings'],
    [
      'a setting beside the settings',
      { optimizer: { name: 'sgd', settings: {}, beta1: 1 } },
      'optimizer: has an unknown field; got "beta1"',
    ],
    [
      'a NaN',
      { optimizer: { name: 'adam', settings: { beta1: NaN } } },
      'optimizer: beta1 must be a finite number, true or false; got NaN',
    ],
    ['no cursor', { cursor: {} }, 'cursor: lacks epoch'],
    [
      'a cursor before the start',
      { cursor: { epoch: 0, next: -1 } },
      'next must be a whole number from 0; got -1',
    ],
    ['settings in a list', { settings: [] }, 'settings: must be an object; got []'],
    ['an infinite setting', { settings: { rate: Infinity } }, 'settings: must be finite numbers, strings'],
    ['a function', { settings: { rate: () => 1 } }, 'settings: must be finite numbers, strings'],
    [
      'a kernel without a name',
      { plan: { version: '1', choices: { a: 1 } } },
      'plan.choices: must be a string',
    ],
    ['no browser', { adapter: { name: 'gpu' } }, 'adapter: lacks browser'],
    ['a field too many', { extra: 1 }, 'checkpoint: has an unknown field; got "extra"'],
    ['no slots', { slots: undefined }, 'checkpoint: slots must be a Map of tensors; got nothing'],
    [
      'a slot with a slash',
      { slots: new Map([['a/b', good.weights]]) },
      'the name of a slot must be a word without /, other than weights; got "a/b"',
    ],
    [
      'a slot called weights',
      { slots: new Map([['weights', good.weights]]) },
      'the name of a slot must be a word without /, other than weights; got "weights"',
    ],
    [
      'a tensor too few in a slot',
      { slots: new Map(good.slots).set('exp_avg', without(good.weights, 'fc.weight')) },
      'checkpoint: exp_avg lacks fc.weight',
    ],
    [
      'a tensor too many in a slot',
      { weights: without(good.weights, 'fc.weight') },
      'there is no weight for exp_avg; got fc.weight',
    ],
  ];
  it.each(wrong)('is not written: %s', (_what, change, message) => {
    const write = (): unknown => writeCheckpoint({ ...good, ...change });
    expect(write).toThrow(ValueError);
    expect(write).toThrow(message);
  });

  it('is not written: numbers of another type or length, NaN, infinity', () => {
    const write = (data: unknown) => () => writeCheckpoint(withBias(good, data as Float32Array));
    expect(write(new Float64Array(4))).toThrow('weights/conv1.bias: must hold float32 numbers');
    expect(write(new Float32Array(3))).toThrow(ShapeError);
    expect(write(Float32Array.of(1, NaN, 2, 3))).toThrow(
      'weights/conv1.bias: must hold finite numbers; got NaN at 1',
    );
    expect(write(Float32Array.of(1, 2, 3, -Infinity))).toThrow('got -Infinity at 3');
  });
});

function refusal(bytes: Uint8Array): string {
  try {
    readCheckpoint(bytes, 'c.safetensors');
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a file', () => {
  const bytes = writeCheckpoint(good);
  const { tensors, metadata } = readSafetensors(bytes);
  const file = (
    change: (all: Map<string, TensorToWrite>, strings: Record<string, string>) => void,
  ): Uint8Array => {
    const all = new Map<string, TensorToWrite>(tensors);
    const strings = { ...metadata };
    change(all, strings);
    return writeSafetensors(all, strings);
  };

  it('is refused after every flip of one bit', () => {
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      expect(refusal(flipped)).toMatch(/^c\.safetensors[,:]/);
    }
  });

  it('is refused when cut anywhere', () => {
    for (let length = 0; length < bytes.length; length += 7) refusal(bytes.subarray(0, length));
  });

  const wrong: [string, Uint8Array, string][] = [
    ['weights alone', writeSafetensors([]), 'its format must be inception-webgpu checkpoint 2; got nothing'],
    [
      'another version',
      file((_, s) => (s['format'] = 'inception-webgpu checkpoint 3')),
      'or one of another version',
    ],
    ['no state', file((_, s) => delete s['state']), 'has no state'],
    ['another state', file((_, s) => (s['state'] = '{}')), 'the file is damaged: take an earlier one'],
    ['no checksum', file((_, s) => delete s['checksum']), 'its checksum must be nothing'],
    ['metadata too many', file((_, s) => (s['note'] = 'x')), 'has unknown metadata; got "note"'],
    [
      'whole numbers',
      file((all) => all.set('x', { shape: [1], data: new Int32Array(1) })),
      'must be F32; got I32',
    ],
    [
      'odd bytes',
      file((all) => all.set('x', { shape: [3], data: new Uint8Array(3) })),
      'must be F32; got U8',
    ],
    ['a tensor too few', file((all) => all.delete('exp_avg_sq/fc.weight')), 'its checksum must be'],
    [
      'two tensors that changed places',
      file((all) => {
        const [a, b] = ['exp_avg/fc.weight', 'exp_avg_sq/fc.weight'] as const;
        const [first, second] = [all.get(a), all.get(b)];
        if (first && second) all.set(a, second).set(b, first);
      }),
      'its checksum must be',
    ],
  ];
  it.each(wrong)('is refused with %s', (_what, changed, message) => {
    expect(refusal(changed)).toContain(message);
  });
});

describe('a file of format 1', () => {
  /** With this optimizer, and the checksum of what it says. */
  const file = (optimizer: object): Uint8Array => {
    const { tensors, metadata } = readSafetensors(writeCheckpoint(exampleCheckpoint(3)));
    const state = JSON.stringify({ ...JSON.parse(metadata['state'] ?? ''), optimizer });
    const changed = { ...metadata, state, format: 'inception-webgpu checkpoint 1' };
    const found = /got (\w+)/.exec(refusal(writeSafetensors(tensors, changed)))?.[1] ?? '';
    return writeSafetensors(tensors, { ...changed, checksum: found });
  };

  it.each<[string, object, string]>([
    ['that it could not know', { kind: 'constructor' }, 'kind must be one of sgd, adam; got "constructor"'],
    ['of format 2', { name: 'adam', settings: {} }, 'kind must be one of sgd, adam; got nothing'],
  ])('is refused with an optimizer %s', (_what, optimizer, message) => {
    expect(refusal(file(optimizer))).toContain(`optimizer: ${message}`);
  });

  it('has no slots but those of its optimizer', () => {
    const optimizer = { name: 'adam', settings: {} };
    expect(
      ['moment1', 'weights', 'constructor', 'exp_avg'].map((group) => slotOfFormat1(group, optimizer)),
    ).toEqual(['exp_avg', 'weights', undefined, undefined]);
  });
});
