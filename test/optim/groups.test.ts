// Which variables a group means.
import { expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { applyGroups } from '../../src/optim/groups';

const graph = new Graph();
layers(graph).conv('inception3a.branch1.conv', graph.input('x', [1, 3, 4, 4]), { channels: 4, kernel: 1 });
const variables = [...graph.variables.values()].map(({ variable }) => variable);

it('a pattern of many stars means what one does, at once', () => {
  const frozen = applyGroups(variables, [{ match: `inception3a${'*'.repeat(100)}bias`, trainable: false }]);
  expect(frozen.map(({ trainable }) => trainable)).toEqual([true, false]);
  const start = performance.now();
  expect(() => applyGroups(variables, [{ match: `${'*'.repeat(8)}nothing` }])).toThrow(
    'no variable is called so',
  );
  expect(performance.now() - start).toBeLessThan(100);
});
