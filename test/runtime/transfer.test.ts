// Images on their way into memory.
import { expect, it } from 'vitest';
import { toMemory, type Staged } from '../../src/runtime/transfer';

it('lays images out as rows of channels, and fills rows up with zeros', () => {
  const spec = { shape: [2, 3, 1, 2], dtype: 'f32' } as const;
  const view = { offset: 0, stride: 4, zeroPadded: true };
  const staged: Staged = new Map();
  const first = toMemory(
    spec,
    view,
    Float32Array.from({ length: 12 }, (_, index) => index + 1),
    staged,
  );
  expect([...first]).toEqual([1, 3, 5, 0, 2, 4, 6, 0, 7, 9, 11, 0, 8, 10, 12, 0]);
  // The next images take the same array.
  const second = toMemory(spec, view, new Float32Array(12).fill(-1), staged);
  expect(second).toBe(first);
  expect([...second]).toEqual([...first].map((_, index) => (index % 4 === 3 ? 0 : -1)));
});
