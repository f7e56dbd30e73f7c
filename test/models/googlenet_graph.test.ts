// The network as a graph: names, shapes, counts and refusals. Its numbers are in googlenet.test.ts.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/core/errors';
import type { Graph } from '../../src/graph/graph';
import { sizeOf, type Shape } from '../../src/core/shape';
import { googlenet, type GoogLeNetOptions } from '../../src/models/googlenet';

const build = (options: Partial<GoogLeNetOptions> = {}) => googlenet({ classes: 1000, batch: 1, ...options });

const shapes = (graph: Graph): [string, Shape][] =>
  [...graph.variables.values()].map(({ variable: { name, shape } }) => [name, shape]);

const count = (graph: Graph): number => shapes(graph).reduce((sum, [, shape]) => sum + sizeOf(shape), 0);

const shapeOf = (graph: Graph, name: string): Shape => graph.value(name).shape;

/** Multiplications of all convolutions and linear layers: one per output element and input of it. */
function multiplyAdds({ nodes }: Graph): number {
  let sum = 0;
  for (const { op, inputs, outputs } of nodes) {
    if (op.name !== 'conv2d' && op.name !== 'linear') continue;
    sum += sizeOf(outputs.y?.shape ?? []) * sizeOf(inputs.w?.shape.slice(1) ?? []);
  }
  return sum;
}

describe('googlenet', () => {
  it('has the parameters of the PyTorch model: names, shapes and order', () => {
    const { parameters } = JSON.parse(readFileSync('test/fixtures/googlenet.json', 'utf8')) as {
      parameters: unknown;
    };
    expect(shapes(build().graph)).toEqual(parameters);
    expect(shapes(build().graph)).toHaveLength(128);
  });

  it('has 13,378,280 parameters, 6,998,552 without the auxiliary classifiers', () => {
    expect(count(build().graph)).toBe(13_378_280);
    expect(count(build({ aux: false }).graph)).toBe(6_998_552);
  });

  it('takes 1,582,671,872 multiply-adds an image, without the auxiliary classifiers', () => {
    expect(multiplyAdds(build({ aux: false }).graph)).toBe(1_582_671_872);
    expect(multiplyAdds(build({ aux: false, batch: 3 }).graph)).toBe(3 * 1_582_671_872);
  });

  it('has the planes of Table 1', () => {
    const { graph, scores0, scores1, scores2 } = build({ batch: 2 });
    const found = ['conv1', 'maxpool1', 'conv2', 'inception3a', 'inception4e', 'inception5b', 'avgpool5'];
    expect(found.map((name) => shapeOf(graph, name))).toEqual([
      [2, 64, 112, 112],
      [2, 64, 56, 56],
      [2, 192, 56, 56],
      [2, 256, 28, 28],
      [2, 832, 14, 14],
      [2, 1024, 7, 7],
      [2, 1024, 1, 1],
    ]);
    for (const scores of [scores0, scores1, scores2]) expect(scores?.shape).toEqual([2, 1000]);
  });

  it('drops out in training only, with 0.7 in the auxiliary classifiers and 0.4 in the main one', () => {
    const rates = (options: Partial<GoogLeNetOptions>) =>
      build(options)
        .graph.nodes.filter(({ op }) => op.name === 'dropout')
        .map(({ attrs }) => attrs);
    expect(rates({ mode: 'infer' })).toEqual([]);
    expect(rates({ mode: 'train' })).toEqual([
      { p: 0.4, layer: 'dropout5' },
      { p: 0.7, layer: 'aux_classifier1.dropout4' },
      { p: 0.7, layer: 'aux_classifier2.dropout4' },
    ]);
    expect(rates({ mode: 'train', dropout: { main: 0, aux: 0.1 } })).toHaveLength(2);
  });

  it('has the same parameters in training as in use', () => {
    expect(shapes(build({ mode: 'train' }).graph)).toEqual(shapes(build({ mode: 'infer' }).graph));
  });
});

describe('a smaller network', () => {
  it('rounds scaled channels up to multiples of 8', () => {
    const { graph } = build({ width: 1 / 8, inputSize: 80 });
    // 64, 96, 128, 16, 32 and 32 channels of inception3a become 8, 12 -> 16, 16, 2 -> 8, 4 -> 8 and 4 -> 8.
    const layers = ['conv1', 'reduce2', 'conv2', 'reduce3', 'conv3', 'conv4'];
    expect(layers.map((layer) => shapeOf(graph, `inception3a.${layer}`)[1])).toEqual([8, 16, 16, 8, 8, 8]);
    expect(shapeOf(graph, 'inception3a')[1]).toBe(8 + 16 + 8 + 8);
    expect(shapeOf(graph, 'linear5.weight')).toEqual([1000, 48 + 48 + 16 + 16]);
  });

  it.each([
    [0.3, 24],
    [1.5, 96],
    [0.01, 8],
  ])('at width %f has %i channels for 64', (width, channels) => {
    expect(shapeOf(build({ width, inputSize: 80 }).graph, 'conv1')[1]).toBe(channels);
  });

  it('pools what is left, and fits the auxiliary classifiers to it', () => {
    const { graph } = build({ inputSize: 96, width: 1 / 4 });
    expect(shapeOf(graph, 'inception5b').slice(2)).toEqual([3, 3]);
    expect(shapeOf(graph, 'avgpool5').slice(2)).toEqual([1, 1]);
    // 6x6 planes under a 5x5 pool of stride 3 leave one pixel of 128 / 4 channels.
    expect(shapeOf(graph, 'aux_classifier1.fc3.weight')).toEqual([256, 32]);
    expect(shapeOf(build().graph, 'aux_classifier1.fc3.weight')).toEqual([1024, 2048]);
  });

  it('takes images of 65 pixels with auxiliary classifiers, of 1 pixel without', () => {
    expect(shapeOf(build({ inputSize: 65 }).graph, 'inception4a').slice(2)).toEqual([5, 5]);
    expect(shapeOf(build({ inputSize: 1, aux: false }).graph, 'inception5b').slice(2)).toEqual([1, 1]);
  });

  it.each<[string, Partial<GoogLeNetOptions>, typeof ShapeError, string]>([
    [
      'images of 64 pixels with auxiliary classifiers',
      { inputSize: 64 },
      ShapeError,
      'aux_classifier1: the auxiliary average pool needs planes of 5x5; got 4x4 from images of 64x64; ' +
        'use inputSize 65 or more, or aux: false',
    ],
    ['no pixels', { inputSize: 0 }, ValueError, 'googlenet: inputSize must be a whole number from 1; got 0'],
    ['no image', { batch: 0 }, ValueError, 'googlenet: batch must be a whole number from 1; got 0'],
    ['half an image', { batch: 0.5 }, ValueError, 'googlenet: batch must be a whole number from 1; got 0.5'],
    ['no width', { width: 0 }, ValueError, 'googlenet: width must be a finite float32 number above 0; got 0'],
    [
      'width NaN',
      { width: NaN },
      ValueError,
      'googlenet: width must be a finite float32 number above 0; got NaN',
    ],
    ['no classes', { classes: 0 }, ValueError, 'googlenet: classes must be a whole number from 1; got 0'],
    [
      '2.5 classes',
      { classes: 2.5 },
      ValueError,
      'googlenet: classes must be a whole number from 1; got 2.5',
    ],
  ])('is refused: %s', (_what, options, type, message) => {
    expect(() => build(options)).toThrow(type);
    expect(() => build(options)).toThrow(message);
  });
});
