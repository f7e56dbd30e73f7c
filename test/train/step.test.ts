// A training step: what it asks of the device, batches in parts, clipping, and numbers that are not finite.
import { beforeAll, describe, expect, it } from 'vitest';
import { uniform } from '../../src/core/random';
import { call } from '../support/call';
import { distance } from '../support/compare';
import type {
  clipped,
  countedSteps,
  halts,
  inParts,
  misuse,
  normOfMany,
  takingTurns,
  silentFit,
  withoutEpsilon,
} from '../support/jobs/step';
import type { Received } from '../support/wire';

describe('a step', () => {
  it.each([1, 3])('of %i micro-batches makes no object and reads nothing but its report', async (parts) => {
    const steps = 5;
    const { counted, asked, pipelines, expected } = await call<typeof countedSteps>('countedSteps', {
      steps,
      microBatches: parts,
    });
    // Images of 4 padded channels, labels, and the numbers of the step for the program; those for the update.
    const written = parts * (4 * 36 * 4 + 4 + 7) * 4 + 7 * 4;
    expect(counted).toEqual({
      dispatches: steps * (parts * expected.program + (parts - 1) + expected.update),
      submits: steps * parts,
      bytesWritten: steps * written,
      bytesRead: steps * expected.report,
      buffers: 0,
      bindGroups: 0,
      liveBuffers: 0,
      liveBytes: 0,
    });
    expect(expected.report).toBe(4 * (4 + parts));
    expect(pipelines).toBe(0);
    expect(asked).toEqual({
      createBuffer: 0,
      createBindGroup: 0,
      createComputePipelineAsync: 0,
      submit: counted.submits,
      writeBuffer: counted.bytesWritten,
      dispatchWorkgroups: counted.dispatches,
    });
  });
});

describe('fit', () => {
  it('needs nobody who listens', async () => {
    expect(await call<typeof silentFit>('silentFit', { steps: 4 })).toBe(4);
  });
});

describe('micro-batches', () => {
  it.each(['sgd', 'adam'] as const)('give what the whole batch gives: %s', async (kind) => {
    const parts = [1, 2, 3, 6];
    const [whole, ...others] = await call<typeof inParts>('inParts', { batch: 6, parts, kind });
    expect(whole!.losses[3]).not.toBe(whole!.losses[0]);
    for (const { losses, norms, weights, batch } of others) {
      expect(batch).toBe(6);
      // Sums of some dozens of products, rounded in another order; Adam divides by gradients that are nearly 0.
      expect(distance(losses, whole!.losses).relative).toBeLessThan(2e-6);
      expect(distance(norms, whole!.norms).relative).toBeLessThan(5e-6);
      expect(distance(weights, whole!.weights).relative).toBeLessThan(kind === 'sgd' ? 2e-6 : 2e-4);
    }
  });
});

describe('the norm of the gradients', () => {
  const norm = (gradients: readonly number[]): number =>
    Math.sqrt(gradients.reduce((sum, each) => sum + each * each, 0));

  it('is theirs, and clips them', async () => {
    const shares = [0.25, 0.75, 4];
    const { free, limited } = await call<typeof clipped>('clipped', { shares });
    expect(Math.abs(free.gradientNorm / norm([...free.gradients]) - 1)).toBeLessThan(1e-6);
    shares.forEach((share, index) => {
      const { before, after, gradientNorm } = limited[index]!;
      expect(gradientNorm).toBe(free.gradientNorm);
      const scale = Math.min(1, share);
      const expected = before.map((w, i) => w - 0.5 * scale * (free.gradients[i] ?? NaN));
      expect(distance(after, expected).relative).toBeLessThan(3e-7);
      if (share > 1) expect(after).toEqual(free.after);
      else expect(distance(after, free.after).relative).toBeGreaterThan(1e-3);
    });
  });
});

it('the norm of many gradients is theirs', async () => {
  // 90,000: one workgroup and a part of another.
  const gradients = uniform(300 * 300, 1, 3, 'gradients');
  const expected = Math.sqrt(gradients.reduce((sum, each) => sum + each * each, 0));
  const norm = await call<typeof normOfMany>('normOfMany', { features: 300, gradients });
  expect(Math.abs(norm / expected - 1)).toBeLessThan(1e-6);
});

it('Adam without an epsilon keeps weights, and the padding beside them, finite', async () => {
  const found = await call<typeof withoutEpsilon>('withoutEpsilon', { steps: 4 });
  expect(found.losses.every(Number.isFinite)).toBe(true);
  expect(found.padding).toBeGreaterThan(0);
  expect([found.notFinite, found.found]).toEqual([0, null]);
});

describe('a number that is not finite', () => {
  let found: Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    found = (await call<typeof halts>('halts', null)) as Record<string, Record<string, unknown>>;
  });

  it.each([
    ['a weight', { tensor: 'conv2.weight', layer: 'conv2', part: 'weights', count: 1 }],
    ['forward', { tensor: 'conv2', part: 'forward' }],
    ['backward', { layer: 'conv2', tensor: 'gradient of conv2.weight', part: 'backward' }],
    ['the loss alone', { tensor: 'main.loss.loss', part: 'forward', count: 1 }],
    ['the norm alone', null],
  ])('%s: the run stops there, and keeps its weights', (what, expected) => {
    const report = found[what] ?? {};
    expect(report).toMatchObject({ atStep: 1, steps: 1, unchanged: true, next: 'rejected' });
    expect(report.again).toBe(report.message);
    if (expected) expect(report.found).toMatchObject(expected);
    else expect(report.found).toBeNull();
  });

  it('is told of in words', () => {
    expect(found['a weight']?.message).toMatch(
      /^NotFiniteError: step 1: 1 of 64 numbers of conv2.weight are not finite \(conv2, weights\); got losses main \S+; the weights are as before this step: use a lower rate, or clip$/,
    );
    expect(found['the norm alone']?.message).toMatch(
      /^NotFiniteError: step 1: the norm of the gradients is not finite; got losses main \d/,
    );
    console.log(
      Object.entries(found)
        .map(([what, { message }]) => `${what}: ${String(message)}`)
        .join('\n'),
    );
  });
});

it('trainers and classifiers that take turns do not disturb each other', async () => {
  const { together, alone } = await call<typeof takingTurns>('takingTurns', { steps: 3 });
  expect(together).toEqual(alone);
  expect(together[0]).not.toEqual(together[1]);
});

describe('misuse', () => {
  let found: Received<Awaited<ReturnType<typeof misuse>>>;
  beforeAll(async () => void (found = await call<typeof misuse>('misuse', null)));

  it('twice destroyed, everything is freed once', () => {
    expect(found.during[0]).toBeGreaterThan(found.before[0]!);
    expect(found.after).toEqual(found.before);
  });
  it('says what to do', () => {
    expect(found.tooMany.third).toBe('ValueError: trainer.step: 2 steps are under way; await one first');
    expect(found.messages).toEqual({
      step: 'ValueError: trainer.step: was destroyed; make a new one',
      encode: 'ValueError: program.run: was destroyed; make a new one',
      read: 'ValueError: program.read: was destroyed; make a new one',
      'no micro-batch': 'ValueError: trainer: microBatches must be a whole number from 1; got 0',
      'half a step in flight':
        'ValueError: trainer: stepsInFlight must be a whole number from 1 to 1024; got 0.5',
      'clip to nothing': 'ValueError: update: clip must be a finite float32 number above 0; got 0',
      'one part of the batch': 'ShapeError: trainer.step: images must be [8, 3, 6, 6], 864 numbers; got 432',
    });
  });
});
