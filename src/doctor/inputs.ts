import type { DType } from '../core/op';
import { philox, uniform } from '../core/random';
import { sizeOf, type Shape } from '../core/shape';

export interface CheckInput {
  readonly shape: Shape;
  readonly dtype?: DType;
  /**
   * - `uniform`: in [-1, 1), the default
   * - `coarse`: multiples of 1/4 from -1 to 1, so that ties and exact zeros are common
   * - `words`: whole numbers from 0 to `below - 1`
   */
  readonly values?: 'uniform' | 'coarse' | 'words';
  readonly below?: number;
}

const SEED = 3;

/** Always the same numbers for the same name, each exact in its type. */
export function fillInput(
  { shape, dtype = 'f32', values = 'uniform', below = 1 }: CheckInput,
  stream: string,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const count = sizeOf(shape);
  if (dtype === 'u32') {
    return Uint32Array.from({ length: count }, (_, index) => philox([index, 0, 0, 0], [SEED, 1])[0] % below);
  }
  const numbers = uniform(count, 1, SEED, stream);
  return values === 'coarse' ? numbers.map((value) => Math.round(value * 4) / 4) : numbers;
}
