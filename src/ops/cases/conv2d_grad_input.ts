import {
  slidingWindow,
  windowOutput,
  type Padding,
  type Pair,
  type Shape,
  type SlidingWindow,
} from '../../core/shape';
import { conv2dGradInput } from '../conv2d';
import { reference, tolerance } from './conv2d';
import { doctorConvolutions, weightsOf, windowOf } from './support/doctor_convolutions';
import { opTable } from './support/op_table';
import { get, zeros } from './support/tensor';
import { touched, touchedReference, TOUCHES } from './support/touched';

function base(name: string, x: Shape, w: Shape, window: SlidingWindow) {
  const [batch = 1, , height = 1, width = 1] = x;
  const dy = [batch, w[0] ?? 1, ...windowOutput(name, [height, width], window)];
  return { name, inputs: { dy: { shape: dy }, w: { shape: w } }, attrs: { window, x, w } };
}

function of(
  name: string,
  x: Shape,
  out: number,
  [kernel, stride, padding]: readonly [Pair, Pair, Padding],
  touches = TOUCHES,
) {
  const window = slidingWindow(name, kernel, stride, padding);
  return touched(
    base(`conv2d_grad_input/${name}`, x, [out, x[1] ?? 1, ...window.kernel], window),
    x,
    touches,
  );
}

const inVectors: Shape = [2, 16, 7, 5];
const odd: Shape = [2, 7, 5, 6];

export const tables = [
  opTable(conv2dGradInput, {
    reference: touchedReference(
      'dx',
      (inputs, { window, x }: { readonly window: SlidingWindow; readonly x: Shape }) => {
        const d = { y: get(inputs, 'dy') };
        return get(reference.backward({ x: zeros(x), w: get(inputs, 'w') }, { window }, d), 'x');
      },
    ),
    // conv2d's, and one addition.
    tolerance,
    random: 'a gradient',
    layer: 'a gradient',
    cases: [
      of('3x3', inVectors, 12, [3, 1, 1], ['add']),
      of('3x3', inVectors, 12, [3, 1, 1], ['mask']),
      of('3x3', inVectors, 12, [3, 1, 1]),
      of('1x1', inVectors, 40, [1, 1, 0]),
      of('5x5, half a tile', [2, 12, 6, 6], 8, [5, 1, 2]),
      of('stride 2', [2, 8, 9, 11], 8, [3, 2, 1]),
      of('odd channels', odd, 5, [3, 1, 1], ['add']),
      of('odd channels', odd, 5, [3, 1, 1], ['mask']),
      of('odd channels', odd, 5, [3, 1, 1]),
      ...Object.values(doctorConvolutions).map((sizes) => ({
        ...touched(
          base(`conv2d/${sizes.name}, input gradient`, sizes.x, weightsOf(sizes), windowOf(sizes)),
          sizes.x,
          TOUCHES,
        ),
        doctor: { outputs: 'backward_input' } as const,
      })),
    ],
  }),
];
