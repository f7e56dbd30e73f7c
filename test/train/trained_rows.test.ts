// Trained variables that lie as rows of channels: what is handed through to them reaches them.
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { Distance } from '../support/compare';
import type { compareTrainedRows } from '../support/jobs/graph';
import type { trainTrainedRows } from '../support/jobs/trained_rows';
import { TRAINED_ROWS } from '../support/trained_rows';

function expectWithin(tensors: Readonly<Record<string, Distance>>, bound: number): void {
  for (const [name, { relative, worst }] of Object.entries(tensors)) {
    expect(relative, `${name}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(bound);
  }
}

/** The others store nothing that could be dropped. */
const RECOMPUTED = ['added before a ReLU', 'added behind a ReLU', 'added where several convolutions read'];

describe.each(TRAINED_ROWS)('variables %s', (name) => {
  it('have the gradients of float64 loops, fused or not', async () => {
    const report = await call<typeof compareTrainedRows>('compareTrainedRows', { name });
    for (const found of [report.fused, report.kept, report.unfusedFromFused, report.allButOneFromFused]) {
      expectWithin(found, 3e-6);
      expect(Object.keys(found)).toContain('v');
    }
  });
});

// Dropout draws otherwise in each micro-batch, which the loops do not know of.
const IN_PARTS = TRAINED_ROWS.filter((name) => name !== 'added before dropout');

it.each(IN_PARTS)('variables %s are trained in micro-batches, with recomputation', async (name) => {
  const report = await call<typeof trainTrainedRows>('trainTrainedRows', { name });
  // Differences of numbers that are larger than what is taken from them.
  expectWithin(report.distances, 1e-4);
  expect(report.recomputed > 0).toBe(RECOMPUTED.includes(name));
});
