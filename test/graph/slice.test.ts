// A slice most often lies in what it is cut from; where its rows must have no gaps, it is copied.
import { expect, it } from 'vitest';
import type { Value } from '../../src/core/op';
import { differentiate } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { slice } from '../../src/ops/concat';
import { launchesOf, planGraph, simulate } from '../support/simulate';

it('copies the channels of a slice that is flattened', () => {
  const graph = new Graph();
  const x = graph.input('x', [2, 9, 5, 7]);
  const { y } = graph.apply(slice, { x }, { first: 4, channels: 2 }, 'y');
  const flat = layers(graph).flatten('flat', y);
  const planned = planGraph(graph, { keep: new Set([flat]) });
  expect(simulate(graph, planned, [flat])).toEqual([]);
  const [copy, ...others] = launchesOf(planned, 'concat.wgsl');
  expect(others).toEqual([]);
  // Images have rows of a multiple of 4 channels.
  expect(copy?.params).toEqual({
    count: 2 * 2 * 5 * 7,
    channels: 2,
    x_stride: 12,
    x_offset: 4,
    y_stride: 2,
    y_offset: 0,
  });
});

it('copies the gradient of features that were flattened before they were joined', () => {
  const graph = new Graph();
  const net = layers(graph);
  const [a, b] = [3, 4].map((channels, index) => graph.input(`x${index}`, [2, channels, 1, 1])) as [
    Value,
    Value,
  ];
  const y = net.concat('y', [net.flatten('flat0', a), net.flatten('flat1', b)]);
  differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }], [a, b]);
  const keep = new Set([a, b].map((value) => graph.gradients.get(value) as Value));
  const planned = planGraph(graph, { keep });
  expect(simulate(graph, planned, keep)).toEqual([]);
  const copies = launchesOf(planned, 'concat.wgsl').filter(({ part }) => part === 'backward');
  expect(copies.map(({ params }) => [params.x_offset, params.channels])).toEqual([
    [0, 3],
    [3, 4],
  ]);
});

it('copies channel by channel where rows are no whole vectors of 4', () => {
  const graph = new Graph();
  const parts = [4, 3].map((channels, index) => graph.input(`x${index}`, [2, channels, 3, 5]));
  const y = layers(graph).concat('y', parts);
  const copies = launchesOf(planGraph(graph, { keep: new Set([y]) }), 'concat.wgsl');
  expect(
    copies.map(({ params, variant }) => [params.channels, params.y_offset, params.y_stride, variant]),
  ).toEqual([
    [4, 0, 7, undefined],
    [3, 4, 7, undefined],
  ]);
});
