import {
  avgPool,
  bias,
  concat,
  conv2d,
  flatten,
  linear,
  maxPool,
  relu,
  type Graph,
  type Shape,
  type SlidingWindow,
} from '../../src/index';

interface Output {
  /** Name of the output. */
  readonly y: string;
  /** Its shape, (N, C, H, W) or (N, F). */
  readonly shape: Shape;
}

/** Convolution or linear layer with its bias, and the ReLU after it if there is one. */
interface Weighted extends Output {
  readonly x: string;
  readonly weight: string;
  readonly bias: string;
  readonly relu: boolean;
}

export interface ConvLayer extends Weighted {
  readonly kind: 'conv';
  readonly window: SlidingWindow;
}

export interface LinearLayer extends Weighted {
  readonly kind: 'linear';
}

export interface PoolLayer extends Output {
  readonly kind: 'pool';
  readonly take: 'max' | 'average';
  readonly x: string;
  readonly window: SlidingWindow;
}

export interface ConcatLayer extends Output {
  readonly kind: 'concat';
  readonly xs: readonly string[];
}

export interface FlattenLayer extends Output {
  readonly kind: 'flatten';
  readonly x: string;
}

/** One layer in words that every framework has; values go by their names. */
export type Layer = ConvLayer | LinearLayer | PoolLayer | ConcatLayer | FlattenLayer;

/**
 * Our graph, not yet differentiated, as a list of layers: each peer builds the same network from it.
 * @throws {Error} for an op that this list has no word for
 */
export function layersOf(graph: Graph): Layer[] {
  const layers: Layer[] = [];
  for (const { op, label, inputs, outputs, attrs } of graph.nodes) {
    const is = (other: unknown): boolean => op === other;
    const name = (input: string): string => inputs[input]?.label ?? '';
    const { label: y = '', shape = [] } = outputs['y'] ?? {};
    const window = (): SlidingWindow => (attrs as { readonly window: SlidingWindow }).window;
    const x = name('x');

    // The graph has bias and ReLU as nodes of their own, right behind the product.
    const last = layers.at(-1);
    const before = last !== undefined && 'weight' in last && last.y === x ? last : undefined;
    const extend = (more: Partial<Weighted>): void => {
      if (!before) throw new Error(`${label}: follows neither convolution nor linear layer`);
      layers[layers.length - 1] = { ...before, y, ...more };
    };

    const weighted = { x, y, shape, weight: name('w'), bias: '', relu: false };
    if (is(conv2d)) layers.push({ kind: 'conv', ...weighted, window: window() });
    else if (is(linear)) layers.push({ kind: 'linear', ...weighted });
    else if (is(bias)) extend({ bias: name('b') });
    else if (is(relu)) extend({ relu: true });
    else if (is(maxPool)) layers.push({ kind: 'pool', take: 'max', x, y, shape, window: window() });
    else if (is(avgPool)) layers.push({ kind: 'pool', take: 'average', x, y, shape, window: window() });
    else if (is(flatten)) layers.push({ kind: 'flatten', x, y, shape });
    else if (is(concat)) {
      layers.push({ kind: 'concat', xs: Object.values(inputs).map((value) => value.label), y, shape });
    } else throw new Error(`${label}: the peers have no word for ${op.name}`);
  }
  return layers;
}
