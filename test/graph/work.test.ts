import { describe, expect, it } from 'vitest';
import { slidingWindow } from '../../src/core/shape';
import { differentiate } from '../../src/graph/differentiate';
import { Graph } from '../../src/graph/graph';
import { workOf, workOfEach } from '../../src/graph/work';
import { conv2d } from '../../src/ops/conv2d';
import { TARGET, planGraph } from '../support/simulate';
import { trainingGraph } from '../support/training_graph';
import { weight } from '../support/weights';

describe('workOf', () => {
  it.each([true, false])('counts the multiply-adds of Table 1, fused: %s', (fuse) => {
    const { graph, keep } = trainingGraph(224, 1);
    const { launches } = planGraph(graph, { keep, fuse }).plan;
    const batch = graph.inputs.get('images')?.shape[0] ?? 0;
    const of = (part: string) => workOf(launches.filter((launch) => launch.part === part)).multiplyAdds;
    // The main network's and the auxiliary classifiers', for 10 instead of 1000 classes.
    const all = 1_582_671_872 + 8_372_224 - 3 * 1024 * 990;
    expect(of('forward')).toBe(batch * all);
    // Twice as many again, but nobody wants the gradient of the images from conv1's 118,013,952.
    expect(of('backward')).toBe(batch * (2 * all - 118_013_952));
  });

  it('counts every tensor once, in each form', () => {
    const graph = new Graph();
    const x = graph.input('x', [2, 8, 10, 6]);
    const w = weight(graph, { name: 'w', shape: [16, 8, 3, 3] });
    const { y } = graph.apply(conv2d, { x, w }, { window: slidingWindow('conv', 3, 2, 1) }, 'y');
    expect(y.shape).toEqual([2, 16, 5, 3]);
    differentiate(graph, [{ value: y, gradient: graph.input('dy', y.shape) }], [x]);
    const dx = graph.gradients.get(x);
    const { launches } = planGraph(graph, { keep: new Set([y, ...(dx ? [dx] : [])]) }).plan;
    const multiplyAdds = 2 * 5 * 3 * 16 * 8 * 9;
    const bytes = 4 * (2 * 8 * 60 + 16 * 8 * 9 + 2 * 16 * 15);
    const forms = ['conv2d', 'weight_gradients', 'conv2d_grad_input'];
    for (const form of forms) {
      const mine = launches.filter(({ node }) => node.op.name === form);
      expect([form, workOf(mine)]).toEqual([form, { multiplyAdds, bytes }]);
    }
    expect(workOf(launches).multiplyAdds).toBe(3 * multiplyAdds);
  });
});

describe('workOfEach', () => {
  it('shares out the work of Table 1, evenly among the launches of a node or layer', () => {
    const { graph, keep } = trainingGraph(224, 1, 32);
    const target = { ...TARGET, multiplyAddsPerDispatch: 3e9 };
    const { launches } = planGraph(graph, { keep, target }).plan;
    const works = workOfEach(launches);
    const total = works.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
    expect(total).toBeCloseTo(workOf(launches).multiplyAdds, -3);
    const forward = (index: number) => launches[index]?.label === 'conv2.product/conv2d_fused';
    const conv2 = works.filter((_, index) => forward(index)).map(({ multiplyAdds }) => multiplyAdds);
    expect(conv2).toEqual(Array.from({ length: 4 }, () => (32 / 4) * 56 * 56 * 9 * 64 * 192));
    for (const { bytes } of works) expect(bytes).toBeGreaterThan(0);
  });
});
