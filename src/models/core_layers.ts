import type { Value } from '../core/op';
import { requireArray, requireObject, requireText } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { ShapeError, ValueError } from '../core/errors';
import { formatShape, slidingWindow, type Padding, type Pair } from '../core/shape';
import type { Graph, VariableOptions } from '../graph/graph';
import { avgPool } from '../ops/avg_pool';
import { bias, PER_CHANNEL } from '../ops/bias';
import { concat } from '../ops/concat';
import { conv2d, CONVOLUTION_WEIGHTS } from '../ops/conv2d';
import { crossEntropy } from '../ops/cross_entropy';
import { dropout } from '../ops/dropout';
import { flatten } from '../ops/flatten';
import { linear, LINEAR_WEIGHTS } from '../ops/linear';
import { maxPool } from '../ops/max_pool';
import { pixels, type PixelsAttrs } from '../ops/pixels';
import { relu } from '../ops/relu';

/** Options of a convolution. */
export interface ConvOptions {
  /** Output channels. */
  readonly channels: number;
  readonly kernel: Pair;
  /** Default 1. */
  readonly stride?: Pair;
  /** Default 0. */
  readonly padding?: Padding;
  /** Follow with ReLU. Default true. */
  readonly relu?: boolean;
  /** Convolutions with the same `merge` keep their weights side by side, to be read as one matrix. */
  readonly merge?: string;
}

// `slidingWindow` checks kernel, stride and padding.
const CONV: Rules<ConvOptions> = {
  channels: is.needed(is.whole(1)),
  kernel: is.needed(is.anything),
  stride: is.anything,
  padding: is.anything,
  relu: is.flag,
  merge: is.text,
};

/** Options of a pooling layer. */
export interface PoolOptions {
  readonly kernel: Pair;
  /** Default: the kernel's size, as in PyTorch. */
  readonly stride?: Pair;
  readonly padding?: Padding;
}

const POOL: Rules<PoolOptions> = {
  kernel: is.needed(is.anything),
  stride: is.anything,
  padding: is.anything,
};

/** Options of a linear layer. */
export interface LinearOptions {
  /** Output features. */
  readonly features: number;
  /** Follow with ReLU. Default false. */
  readonly relu?: boolean;
}

const LINEAR: Rules<LinearOptions> = { features: is.needed(is.whole(1)), relu: is.flag };

/** The layers that `googlenet` and trainers take: whoever imports these needs no others. See `layers`. */
export function coreLayers(graph: Graph) {
  requireObject('layers', 'the graph', graph, ['nodes', 'variables']);
  /** Tried on a copy first. */
  const whole = (build: (graph: Graph) => Value): Value => {
    build(graph.copy());
    return build(graph);
  };
  const finish = (graph: Graph, name: string, y: Value, b: Value, rectify: boolean): Value => {
    const biased = graph.apply(bias, { x: y, b }, {}, rectify ? `${name}.biased` : name).y;
    return rectify ? graph.apply(relu, { x: biased }, {}, name).y : biased;
  };

  type Weight = Omit<VariableOptions, 'name'>;
  const weight = (graph: Graph, name: string, options: Weight, fanIn: number): Value =>
    graph.variable({ name: `${name}.weight`, initial: { draw: 'weight', fanIn }, ...options });
  const biasOf = (graph: Graph, name: string, channels: number, fanIn: number, shared?: object): Value => {
    const initial = { draw: 'bias', fanIn } as const;
    return graph.variable({
      name: `${name}.bias`,
      shape: [channels],
      order: PER_CHANNEL,
      initial,
      ...shared,
    });
  };

  return {
    /** Packed x (N, 1, H, W) in u32 -> (N, 3, H, W): (byte / 255 - mean) / deviation. */
    pixels(name: string, x: Value, attrs: PixelsAttrs = {}): Value {
      return graph.apply(pixels, { x }, attrs, name).y;
    },

    /** x (N, C, H, W) -> (N, channels, H', W'). */
    conv(name: string, x: Value, options: ConvOptions): Value {
      requireLayer(name, x, options, CONV);
      const { channels, kernel, stride = 1, padding = 0, merge } = options;
      const window = slidingWindow(name, kernel, stride, padding);
      const [, inputs = 0] = x.shape;
      const shape = [channels, inputs, ...window.kernel];
      const fanIn = inputs * window.kernel[0] * window.kernel[1];
      const shared = merge === undefined ? {} : { merge };
      return whole((graph) => {
        const w = weight(graph, name, { shape, order: CONVOLUTION_WEIGHTS, ...shared }, fanIn);
        const b = biasOf(graph, name, channels, fanIn, shared);
        const { y } = graph.apply(conv2d, { x, w }, { window }, `${name}.product`);
        return finish(graph, name, y, b, options.relu ?? true);
      });
    },

    /** x (N, F) -> (N, features). */
    linear(name: string, x: Value, options: LinearOptions): Value {
      requireLayer(name, x, options, LINEAR);
      const [, fanIn = 0] = x.shape;
      if (x.shape.length !== 2)
        throw new ShapeError(name, 'x must be (N, F)', formatShape(x.shape), 'flatten it first');
      const { features } = options;
      const plane = x.plane && { plane: x.plane };
      const shape = [features, fanIn];
      return whole((graph) => {
        const w = weight(graph, name, { shape, order: LINEAR_WEIGHTS, ...plane }, fanIn);
        const b = biasOf(graph, name, features, fanIn);
        const { y } = graph.apply(linear, { x, w }, {}, `${name}.product`);
        return finish(graph, name, y, b, options.relu ?? false);
      });
    },

    /** Takes the largest number of each window; padding never wins. */
    maxPool(name: string, x: Value, options: PoolOptions): Value {
      requireLayer(name, x, options, POOL);
      const { kernel, stride = kernel, padding = 0 } = options;
      return graph.apply(maxPool, { x }, { window: slidingWindow(name, kernel, stride, padding) }, name).y;
    },

    /** Counts padding in the mean, as PyTorch does. */
    avgPool(name: string, x: Value, options: PoolOptions): Value {
      requireLayer(name, x, options, POOL);
      const { kernel, stride = kernel, padding = 0 } = options;
      return graph.apply(avgPool, { x }, { window: slidingWindow(name, kernel, stride, padding) }, name).y;
    },

    /** Joins values along their channels. */
    concat(name: string, values: readonly Value[]): Value {
      const parts = requireArray(name, 'what is joined', values);
      const inputs = Object.fromEntries(parts.map((value, index) => [`x${index}`, value]));
      return graph.apply(concat, inputs, {}, name).y;
    },

    /** x (N, C, H, W) -> (N, C * H * W), in PyTorch's order of features. */
    flatten: (name: string, x: Value): Value => graph.apply(flatten, { x }, {}, name).y,

    /** Zeroes each element with probability `p` and scales the rest by 1 / (1 - p). For training only. */
    dropout(name: string, x: Value, p: number): Value {
      const drawn = graph.nodes.some(({ op, label }) => op === dropout && label === name);
      if (drawn) throw new ValueError(name, 'a second dropout of this name would drop the same features');
      return graph.apply(dropout, { x }, { p, layer: name }, name).y;
    },

    /** Mean over the batch of the cross-entropy of softmax(scores) against integer labels. scores (N, K), labels (N). */
    crossEntropy: (name: string, scores: Value, labels: Value): Value =>
      graph.apply(crossEntropy, { x: scores, labels }, {}, name).loss,
  };
}

function requireLayer<O extends object>(name: string, x: unknown, options: O, rules: Rules<O>): void {
  requireText('layers', 'the name', name);
  requireObject(name, 'x', x, ['shape', 'label']);
  checkOptions(name, options, rules);
}
