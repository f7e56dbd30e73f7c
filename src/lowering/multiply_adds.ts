import type { TensorSpec } from '../core/op';
import { rowsOf } from '../core/rows';
import { sizeOf, type Shape } from '../core/shape';

/** Of a convolution or linear layer, the same in all three forms: each weight meets each row of y (or dy) once. */
export const productMultiplyAdds = (w: Shape, y: TensorSpec): number => sizeOf(w) * rowsOf(y);
