// Every op and each of its gradients against PyTorch's float64 numbers, in graphs as a user builds them: the fused
// kernels of convolution, bias and ReLU run here.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { call } from '../support/call';
import type { comparePytorch } from '../support/jobs/pytorch';
import type { PytorchCase } from '../support/pytorch_case';

const cases = JSON.parse(readFileSync('test/fixtures/ops.json', 'utf8')) as readonly PytorchCase[];

/** Ops that choose, move or once add numbers: where PyTorch makes no error in float32, nobody may. */
const EXACT = ['relu', 'max_pool', 'concat', 'add'];

/**
 * Four times PyTorch's own float32 error, because both round as often but in another order, and a largest error
 * varies with the order. At least 1e-6, that is 17 roundings of 6e-8: in a sum of few terms PyTorch's error is
 * sometimes 0 by luck, and the fixture itself is rounded once.
 */
function tolerance({ op, float32 }: PytorchCase, tensor: string): number {
  const own = float32[tensor] ?? 0;
  return own === 0 && EXACT.includes(op) ? 0 : Math.max(1e-6, 4 * own);
}

describe('against PyTorch in float64', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s', async (name, fixture) => {
    const found = await call<typeof comparePytorch>('comparePytorch', { name });
    expect(Object.keys(found)).toEqual(Object.keys(fixture.outputs));
    for (const [tensor, { relative, nmse, worst }] of Object.entries(found)) {
      const bound = tolerance(fixture, tensor);
      const seen = `${tensor}: ${JSON.stringify(worst)}`;
      expect(relative, seen).toBeLessThanOrEqual(bound);
      // The root of the mean square error, relative to the tensor's own, keeps within the same bound.
      expect(nmse, seen).toBeLessThanOrEqual(bound ** 2);
    }
  });
});
