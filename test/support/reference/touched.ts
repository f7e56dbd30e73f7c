import type { Shape, SlidingWindow } from '../../../src/core/shape';
import type { Step } from '../../../src/core/step';
import * as addReference from './add';
import * as avgPoolReference from './avg_pool';
import * as conv2dReference from './conv2d';
import * as dropoutReference from './dropout';
import * as linearReference from './linear';
import { get, zeros, zip, type Reference, type RefTensor, type RefTensors } from './tensor';

/** Kernels of gradients that end with a last touch: what they compute, plus `add`, then 0 where `mask` is not above 0. */
function touched(
  output: string,
  compute: (inputs: RefTensors, attrs: never, step: Step) => RefTensor,
): Reference {
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

interface WindowAttrs {
  readonly window: SlidingWindow;
  readonly x: Shape;
}

const dxOf = (gradients: RefTensors): RefTensor => get(gradients, 'x');

export const convolution = touched('dx', (inputs, { window, x }: WindowAttrs) => {
  const d = { y: get(inputs, 'dy') };
  return dxOf(conv2dReference.backward({ x: zeros(x), w: get(inputs, 'w') }, { window }, d));
});

export const linear = touched('dx', (inputs, { x }: { readonly x: { readonly shape: Shape } }) => {
  const d = { y: get(inputs, 'dy') };
  return dxOf(linearReference.backward({ x: zeros(x.shape), w: get(inputs, 'w') }, {}, d));
});

export const avgPool = touched('dx', (inputs, { window, x }: WindowAttrs) =>
  dxOf(avgPoolReference.backward({ x: zeros(x) }, { window }, { y: get(inputs, 'dy') })),
);

/** Each element of dy goes to the place that `argmax` names in its plane. */
export const maxPool = touched('dx', (inputs, { x }: WindowAttrs) => {
  const dy = get(inputs, 'dy');
  const [, , height = 1, width = 1] = x;
  const [, , yHeight = 1, yWidth = 1] = dy.shape;
  const dx = zeros(x);
  dy.data.forEach((value, index) => {
    const plane = Math.floor(index / (yHeight * yWidth));
    const at = plane * height * width + (get(inputs, 'argmax').data[index] as number);
    dx.data[at] = (dx.data[at] as number) + value;
  });
  return dx;
});

export const dropout = touched('y', (inputs, attrs: { p: number; layer: string }, step) =>
  get(dropoutReference.forward(inputs, attrs, step), 'y'),
);

export const add = touched('y', (inputs) => get(addReference.forward(inputs), 'y'));
