// Against PyTorch's float64 numbers: every op and each of its gradients, and layers as a user builds them (the fused
// kernels of convolution, bias and ReLU run here).
import { describe, expect, test } from 'vitest';
import { TABLES } from '../../src/ops/cases/support/all';
import { caseResults } from '../../src/ops/cases/support/op_case';
import { call } from '../support/call';
import { distance, shownDistance, type Distance } from '../support/compare';
import type { comparePytorch, comparePytorchOp } from '../support/jobs/pytorch';
import { pytorchNumbers, type PytorchOp } from '../support/pytorch_case';
import { PYTORCH_LAYERS, PYTORCH_OPS } from '../support/pytorch_fixtures';

/**
 * Four times PyTorch's own float32 error, because both round as often but in another order, and a largest error
 * varies with the order. At least 1e-6, that is 17 roundings of 6e-8: in a sum of few terms PyTorch's error is
 * sometimes 0 by luck, and the fixture itself is rounded once. Ops that choose, move or once add numbers have no such
 * excuse: where PyTorch makes no error in float32, nobody may.
 */
function expectNear(
  found: Readonly<Record<string, Distance>>,
  { outputs }: Pick<PytorchOp, 'outputs'>,
  exact: boolean,
) {
  expect(Object.keys(found)).toEqual(Object.keys(outputs));
  for (const [tensor, distance] of Object.entries(found)) {
    const own = outputs[tensor]?.float32 ?? 0;
    const bound = own === 0 && exact ? 0 : Math.max(1e-6, 4 * own);
    const seen = `${tensor}: ${shownDistance(distance)}`;
    expect(distance.relative, seen).toBeLessThanOrEqual(bound);
    // The root of the mean square error, relative to the tensor's own, keeps within the same bound.
    expect(distance.nmse, seen).toBeLessThanOrEqual(bound ** 2);
  }
}

for (const [file, fixtures] of Object.entries(PYTORCH_OPS)) {
  describe(`${file} against PyTorch in float64`, () => {
    test.each(fixtures.map((each) => [each.name, each] as const))('%s', async (name, fixture) => {
      const table = TABLES.find(({ cases }) => cases.some((each) => each.name === name));
      const opCase = table?.cases.find((each) => each.name === name);
      const anew = 'made of another case; run test/fixtures/make_fixtures.py ops';
      expect(fixture.torch, anew).toBe(opCase?.torch);
      if (!table || !opCase) return;
      // First the reference, which both are float64: the fixture is rounded once to float32.
      const right = caseResults(opCase);
      for (const [tensor, output] of Object.entries(fixture.outputs)) {
        const apart = distance(right[tensor]?.data ?? [], pytorchNumbers(output));
        expect(apart.relative, `${tensor} of the reference: ${shownDistance(apart)}`).toBeLessThanOrEqual(
          1e-7,
        );
      }
      const found = await call<typeof comparePytorchOp>('comparePytorchOp', { file, name });
      expectNear(found, fixture, table.exact);
    });
  });
}

describe('layers against PyTorch in float64', () => {
  test.each(PYTORCH_LAYERS.map((each) => [each.name, each] as const))('%s', async (name, fixture) => {
    const found = await call<typeof comparePytorch>('comparePytorch', { name });
    expectNear(found, fixture, fixture.op === 'add');
  });
});
