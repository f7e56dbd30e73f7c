// Networks with trained variables that lie as rows of channels: their gradients are handed through, shared or read.
import type { Value } from '../../src/core/op';
import type { Shape } from '../../src/core/shape';
import { differentiate, weightedLosses } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { bias, PER_CHANNEL } from '../../src/ops/bias';
import type { RandomGraph } from './random_graph';

const BATCH = 2;
const CLASSES = 5;

interface Start {
  readonly net: ReturnType<typeof layers>;
  readonly images: Value;
  /** (2, 8, 4, 4). */
  readonly conv: () => Value;
  readonly rows: (name: string, shape: Shape, plane?: readonly [number, number, number]) => Value;
  /** Of a flattened plane, or features. */
  readonly scores: (x: Value) => Value;
  readonly biased: (x: Value) => Value;
}

const PLANE = [BATCH, 8, 4, 4];
const IMAGES = [BATCH, 3, 6, 6];

const NETWORKS = {
  'added to a convolution': ({ net, conv, rows, scores }) => scores(net.add('s', conv(), rows('v', PLANE))),
  'added to images': ({ net, images, rows, scores }) => scores(net.add('s', images, rows('v', IMAGES))),
  'added to each other': ({ net, conv, rows, scores }) =>
    scores(net.add('s', conv(), net.add('t', rows('v', PLANE), rows('u', PLANE)))),
  'added one after the other': ({ net, conv, rows, scores }) =>
    scores(net.add('s', net.add('t', conv(), rows('v', PLANE)), rows('u', PLANE))),
  flattened: ({ net, images, rows, scores }) =>
    scores(net.add('s', net.flatten('f', images), net.flatten('g', rows('v', IMAGES)))),
  'of a flattened plane': ({ net, images, rows, scores }) =>
    scores(net.add('s', net.flatten('f', images), rows('v', [BATCH, 108], [3, 6, 6]))),
  'added before a ReLU': ({ net, conv, rows, scores }) =>
    scores(net.relu('r', net.add('s', conv(), rows('v', PLANE)))),
  'added behind a ReLU': ({ net, conv, rows, scores }) =>
    scores(net.conv('c', net.add('s', net.relu('r', conv()), rows('v', PLANE)), { channels: 4, kernel: 3 })),
  'added before dropout': ({ net, conv, rows, scores }) =>
    scores(net.dropout('d', net.add('s', conv(), rows('v', PLANE)), 0.3)),
  'added to scores': ({ net, conv, rows, scores }) =>
    net.add('s', scores(conv()), rows('v', [BATCH, CLASSES])),
  'with a bias': ({ net, conv, rows, scores, biased }) =>
    net.add('s', scores(conv()), biased(rows('v', [BATCH, CLASSES]))),
  joined: ({ net, conv, rows, scores }) =>
    scores(net.concat('j', [conv(), rows('v', [BATCH, 3, 4, 4]), rows('u', [BATCH, 4, 4, 4])])),
  'cut off, then flattened': ({ net, rows, scores }) => scores(net.relu('r', rows('v', PLANE))),
  'cut off, then joined': ({ net, conv, rows, scores }) =>
    scores(net.concat('j', [net.relu('r', rows('v', PLANE)), conv()])),
  'added where several convolutions read': ({ net, images, rows, scores }) => {
    const x = net.add('s', images, rows('v', IMAGES));
    const branch = (name: string) => net.conv(name, x, { channels: 4, kernel: 1, merge: 'm' });
    return scores(net.concat('j', [branch('a'), branch('b')]));
  },
  'read by several layers': ({ net, rows, scores }) => {
    const v = rows('v', PLANE);
    return scores(net.add('s', v, net.conv('c', v, { channels: 8, kernel: 3, padding: 1 })));
  },
  'read twice by one layer': ({ net, rows, scores }) => {
    const v = rows('v', PLANE);
    return scores(net.add('s', v, v));
  },
} satisfies Record<string, (start: Start) => Value>;

export type TrainedRows = keyof typeof NETWORKS;

export const TRAINED_ROWS = Object.keys(NETWORKS) as TrainedRows[];

/** A network that is not differentiated. */
export function trainedRows(name: TrainedRows) {
  const graph = new Graph();
  const net = layers(graph);
  const images = graph.input('images', IMAGES);
  const scores = NETWORKS[name]({
    net,
    images,
    conv: () => net.conv('conv', images, { channels: 8, kernel: 3 }),
    rows: (label, shape, plane) =>
      graph.variable({ name: label, shape, ...(plane && { plane }), initial: { draw: 'weight', fanIn: 4 } }),
    scores: (x) => net.linear('fc', x.shape.length === 4 ? net.flatten('flat', x) : x, { features: CLASSES }),
    biased(x) {
      const b = graph.variable({ name: 'b', shape: [CLASSES], order: PER_CHANNEL });
      return graph.apply(bias, { x, b }, {}, 'biased').y;
    },
  });
  return { graph, images, scores };
}

/** The same with a loss and all gradients. */
export function trainedRowsGraph(name: TrainedRows): RandomGraph {
  const { graph, images, scores } = trainedRows(name);
  const labels = graph.input('labels', [BATCH], 'u32');
  const loss = layers(graph).crossEntropy('loss', scores, labels);
  differentiate(graph, weightedLosses(graph, [{ value: loss, weight: 0.7 }]), [images]);
  return { graph, loss, images: [images], labels };
}
