// A run that goes on: from a checkpoint, and after the loss of its device.
import { describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type {
  foreignCheckpoints,
  givesUp,
  refusedCommand,
  resumed,
  survives,
} from '../support/jobs/reliable';
import type { Setup } from '../support/resumable';

const SETUPS: readonly Setup[] = [
  { optimizer: 'sgd', microBatches: 1, dropout: 0.5 },
  { optimizer: 'sgd', microBatches: 2, dropout: 0.5 },
  { optimizer: 'adam', microBatches: 1, dropout: 0.5 },
  { optimizer: 'adam', microBatches: 4, dropout: 0.5 },
];

describe('a checkpoint', () => {
  it.each(SETUPS)('goes on with the bits of an uninterrupted run: %o', async (setup) => {
    const found = await call<typeof resumed>('resumed', { setup, before: 3, after: 4 });
    expect(found.differing).toEqual([]);
    expect(found.moved).toBe(found.tensors);
    expect(found).toMatchObject({ steps: 3, step: 7, warning: null, settings: { name: 'a run' } });
    expect(found.warnings.kernels).toMatch(
      /^the run goes on from its checkpoint within rounding, not bit for bit: .+ was computed by quad 1x1, now by /,
    );
    expect(found.warnings.clip).toMatch(/not bit for bit: it was written with other options/);
    expect(found.warnings.adapter).toMatch(/not bit for bit: it was written on another adapter, this is \S+/);
  });

  it('of something else is refused', async () => {
    const { messages, left } = await call<typeof foreignCheckpoints>('foreignCheckpoints', null);
    expect(left).toBe(0);
    expect(messages).toEqual({
      optimizer: 'ValueError: resume: the optimizer is adam; got a checkpoint of sgd',
      'a weight less': 'ValueError: resume: the checkpoint lacks fc.bias',
      'a weight more': 'ValueError: resume: the network has no parameter; got fc9.bias',
      'more frozen':
        'ValueError: resume: must train what the run of the checkpoint trained; ' +
        'got conv2.weight, which only that run trains; give its groups',
      'less frozen':
        'ValueError: resume: must train what the run of the checkpoint trained; ' +
        'got conv2.weight, which only this run trains; give its groups',
      'another shape': 'ShapeError: fc.bias: the network has the shape [3]; got [2]',
    });
  });
});

it('a command that the device refuses is told of once', async () => {
  const { first, second } = await call<typeof refusedCommand>('refusedCommand', null);
  expect(first).toMatch(/^GpuError: trainer.step: the GPU refused an earlier command; got .*faulty/s);
  expect(second).toBe('no error');
});

describe('a lost device', () => {
  it.each(SETUPS.slice(1, 3))('costs no bit: %o', async (setup) => {
    const args = { setup, steps: 12, loseAt: [1, 5, 6, 10], every: { steps: 3 } };
    const found = await call<typeof survives>('survives', args);
    expect(found.differing).toEqual([]);
    expect(found).toMatchObject({ step: 12, lost: 4, devices: 5 });
    expect(found.seen).toEqual(Array.from({ length: 12 }, (_, step) => step));
    expect(found.losses.map(({ from }) => from)).toEqual([0, 3, 6, 9]);
    for (const { error } of found.losses) expect(error).toMatch(/^DeviceLostError: /);
    expect(found.kept.at(-1)).toBe(12);
    expect(found.live.every((buffers) => buffers === 0)).toBe(true);
  });

  it('costs no bit either where checkpoints fall due by the clock', async () => {
    const args = { setup: SETUPS[2]!, steps: 8, loseAt: [3], every: { seconds: 0 } };
    const found = await call<typeof survives>('survives', args);
    expect(found.differing).toEqual([]);
    expect(found).toMatchObject({ step: 8, lost: 1 });
    expect(found.kept.length).toBeGreaterThan(3);
  });

  it('is given up on where it is no use', async () => {
    const { messages, ...found } = await call<typeof givesUp>('givesUp', null);
    expect(messages['lost each time']).toMatch(/^DeviceLostError: /);
    expect(messages['stopped']).toBe('AbortError: training: stopped by the caller; got step 4');
    expect(messages['wrong steps']).toBe('ValueError: training: steps must be a whole number from 0; got -1');
    expect(messages['a store that fails']).toBe('Error: the disk is full');
    expect(found).toMatchObject({ stoppedAt: 4, handedOver: 4, endedAt: 2 });
  });
});
