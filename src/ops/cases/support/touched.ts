import type { Shape } from '../../../core/shape';
import type { Step } from '../../../core/step';
import type { CaseInput } from './op_case';
import { zip, type Reference, type RefTensor, type RefTensors } from './tensor';

type LastTouch = 'add' | 'mask';

export const TOUCHES: readonly LastTouch[] = ['add', 'mask'];

/** Kernels that end with a last touch: what they compute, plus `add`, then 0 where `mask` is not above 0. */
export function touchedReference<A>(
  output: string,
  compute: (inputs: RefTensors, attrs: A, step: Step) => RefTensor,
): Reference<A> {
  return {
    forward(inputs, attrs, step) {
      const { add, mask } = inputs;
      const result = compute(inputs, attrs, step);
      const sum = add ? zip(result, add, (a, b) => a + b) : result;
      return { [output]: mask ? zip(sum, mask, (value, y) => (y <= 0 ? 0 : value)) : sum };
    },
    backward() {
      throw new Error('reference: gradients have no gradient');
    },
  };
}

/** The case with these touches, each of the shape of what is written. Masks are coarse, so that many are just 0. */
export function touched<C extends { readonly name: string; readonly inputs: object }>(
  base: C,
  shape: Shape,
  touches: readonly LastTouch[],
) {
  const of: Readonly<Record<LastTouch, CaseInput>> = { add: { shape }, mask: { shape, values: 'coarse' } };
  return {
    ...base,
    name: `${base.name}, ${touches.join(' and ')}`,
    inputs: {
      ...base.inputs,
      ...Object.fromEntries(touches.map((touch) => [touch, of[touch]])),
    } as C['inputs'],
    gradients: [],
  };
}
