import { uniform } from '../../src/core/random';
import { sizeOf, type Shape } from '../../src/core/shape';
import type { Checkpoint, NamedTensors } from '../../src/io/checkpoint';

const SHAPES: Readonly<Record<string, Shape>> = {
  'conv1.weight': [4, 3, 1, 2],
  'conv1.bias': [4],
  'fc.weight': [3, 4],
};

const tensors = (name: string, step: number, shapes: Readonly<Record<string, Shape>>): NamedTensors =>
  new Map(
    Object.entries(shapes).map(([key, shape]) => [
      key,
      { shape, data: uniform(sizeOf(shape), 1, step, `${name} ${key}`) },
    ]),
  );

/** A checkpoint of Adam or SGD; its numbers depend on the step. */
export function exampleCheckpoint(
  step: number,
  { adam = true, shapes = SHAPES }: { adam?: boolean; shapes?: Readonly<Record<string, Shape>> } = {},
): Checkpoint {
  return {
    step,
    seed: 4294967295,
    optimizer: adam
      ? { name: 'adam', settings: { beta1: 0.9, epsilon: 1e-8 } }
      : { name: 'sgd', settings: { momentum: 0.9, nesterov: true } },
    cursor: { epoch: 2, next: 640 },
    settings: {
      preset: 'small',
      width: 1 / 8,
      dropout: { main: 0.1 + 0.2, aux: 0 },
      note: 'ä "x"',
      none: null,
    },
    plan: { version: '0.1.0', choices: { 'conv2d 3x3': 'quad 16x32' } },
    adapter: { name: 'google swiftshader', browser: 'Chrome/156' },
    weights: tensors('weights', step, shapes),
    slots: new Map(
      (adam ? ['exp_avg', 'exp_avg_sq'] : ['momentum_buffer']).map((slot) => [
        slot,
        tensors(slot, step, shapes),
      ]),
    ),
  };
}
