import type { Op, TensorSpec, Value, View } from '../../../core/op';
import { windowOutput, type Shape, type SlidingWindow } from '../../../core/shape';
import { biasGrad, PER_CHANNEL } from '../../bias';
import { lowerForward } from '../../conv/launch';
import type { Geometry } from '../../conv/problem';
import { CONVOLUTION_WEIGHTS, conv2dGradWeight, tapRowsOf } from '../../conv2d';

export interface ConvLayerAttrs {
  readonly window: SlidingWindow;
  readonly relu: boolean;
  /** Output channels from this one on go to `rest`; left out, there is no `rest`. */
  readonly first?: number;
}

function geometryOf(x: Shape, w: Shape, window: SlidingWindow): Geometry {
  const [batch = 1, channels = 1, height = 1, width = 1] = x;
  const [yHeight, yWidth] = windowOutput('layer', [height, width], window);
  return {
    batch,
    x: { height, width, channels },
    y: { height: yHeight, width: yWidth, channels: w[0] ?? 1 },
    window,
    tapRows: tapRowsOf(channels),
  };
}

/**
 * A convolution with all that the graph's rewrites ask of its kernels: bias, ReLU, the last channels to a second output;
 * and, without ReLU and second output, the gradients of weights and bias. x (N, C, H, W), w (out, C, kh, kw), b (out).
 */
export const convLayer: Op<'x' | 'w' | 'b', 'y', ConvLayerAttrs> = {
  name: 'conv2d_layer',
  orders: { w: CONVOLUTION_WEIGHTS, b: PER_CHANNEL },
  infer(_where, { x, w }, { window, first }) {
    const { batch, y } = geometryOf(x.shape, w.shape, window);
    const output = (channels: number): TensorSpec => ({
      shape: [batch, channels, y.height, y.width],
      dtype: 'f32',
    });
    if (first === undefined) return { y: output(y.channels) };
    return { y: output(first), rest: output(y.channels - first) };
  },
  lower({ inputs: { x, w, b }, outputs, attrs: { window, relu, first } }, views, target) {
    const { y, rest }: { readonly y: Value; readonly rest?: Value } = outputs;
    const { rest: restView }: Readonly<Record<string, View | undefined>> = views;
    return lowerForward(
      {
        form: 'forward',
        geometry: geometryOf(x.shape, w.shape, window),
        x: { value: x, view: views.x },
        w: { value: w, view: views.w },
        b: { value: b, view: views.b },
        relu,
        y: { value: y, view: views.y },
        ...(rest && restView && { rest: { value: rest, view: restView, first: first ?? 0 } }),
      },
      target,
    );
  },
  backward(builder, { inputs: { x, w }, attrs: { window }, label }, { y: dy }, wanted) {
    if (!dy) return {};
    const shapes = { window, x: x.shape, w: w.shape };
    return {
      ...(wanted.has('w') && { w: builder.apply(conv2dGradWeight, { x, dy }, shapes, label).dw }),
      ...(wanted.has('b') && { b: builder.apply(biasGrad, { dy }, {}, label).db }),
    };
  },
};
