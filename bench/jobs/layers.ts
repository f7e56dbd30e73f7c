import type { GraphNode, Value } from '../../src/core/op';
import type { Shape, SlidingWindow } from '../../src/core/shape';
import { googlenet } from '../../src/models/googlenet';
import { conv2d, type Conv2dAttrs } from '../../src/ops/conv2d';
import { linear } from '../../src/ops/linear';
import { relu } from '../../src/ops/relu';

/** A convolution or linear layer of Table 1's network, with those that have the same sizes. */
export interface Layer {
  /** Of the first layer of these sizes, such as `inception3a.conv2`. */
  readonly name: string;
  /** Layers of these sizes in the network. */
  readonly count: number;
  /** `3x3 64->192, 56x56` or `linear 1024->1000`. */
  readonly sizes: string;
  readonly kind: 'conv' | 'linear';
  readonly x: Shape;
  readonly channels: number;
  readonly window?: SlidingWindow;
  readonly relu: boolean;
  /** False for the layer that reads the images: nobody wants their gradient. */
  readonly inputGradient: boolean;
}

/** The distinct layers, auxiliary classifiers included, in the network's order. */
export function distinctLayers(batch: number): Layer[] {
  const { graph, images } = googlenet({ classes: 1000, batch });
  const rectified = new Set(
    graph.nodes.filter(({ op }) => op === (relu as unknown)).map(({ label }) => label),
  );
  const found = new Map<string, Layer>();
  for (const node of graph.nodes) {
    const layer = layerOf(node, rectified, images);
    if (!layer) continue;
    const key = JSON.stringify({ ...layer, name: '' });
    const same = found.get(key);
    found.set(key, same ? { ...same, count: same.count + 1 } : layer);
  }
  return [...found.values()];
}

function layerOf(node: GraphNode, rectified: ReadonlySet<string>, images: Value): Layer | undefined {
  const isConv = node.op === (conv2d as unknown);
  if (!isConv && node.op !== (linear as unknown)) return undefined;
  const { x, w, y } = { ...node.inputs, ...node.outputs } as Record<'x' | 'w' | 'y', Value>;
  const name = node.label.replace(/\.product$/, '');
  const [channels = 1, inputs = 1] = w.shape;
  const shared = {
    name,
    count: 1,
    x: x.shape,
    channels,
    relu: rectified.has(name),
    inputGradient: x !== images,
  };
  if (!isConv) return { ...shared, kind: 'linear', sizes: `linear ${inputs}->${channels}` };
  const { window } = node.attrs as Conv2dAttrs;
  const stride = window.stride[0] > 1 ? `/${window.stride[0]}` : '';
  const [, , height, width] = y.shape;
  const sizes = `${window.kernel.join('x')}${stride} ${inputs}->${channels}, ${height}x${width}`;
  return { ...shared, kind: 'conv', sizes, window };
}
