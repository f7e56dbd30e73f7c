import { describe, expect, it } from 'vitest';
import { secondAdapter, type Machine } from './second_adapter';

const LAVAPIPE = { VK_DRIVER_FILES: 'lvp_icd.json' };
const REFUSAL = 'Mesa 25 cannot be installed: there is no apt-get here';

/** @param state of lavapipe, before and after an attempt to install it */
function machine(state: 'missing' | 'unfit' | 'fit', after: 'refused' | 'unfit' | 'fit' = 'refused') {
  const calls: string[] = [];
  let now = state;
  const it: Machine = {
    lavapipe: () => (now === 'missing' ? undefined : LAVAPIPE),
    probe(driver) {
      calls.push(`probe ${Object.keys(driver).join()}`);
      // Without it, Dawn finds a GPU.
      return Promise.resolve(now === 'unfit' ? { ok: false, told: 'no adapter' } : { ok: true, told: now });
    },
    install() {
      calls.push('install');
      if (after === 'refused') return Promise.resolve(REFUSAL);
      now = after;
      return Promise.resolve(undefined);
    },
  };
  return { machine: it, calls };
}

describe('the second adapter', () => {
  it.each([true, false])('is lavapipe where that does (install: %o)', async (install) => {
    const { machine: given, calls } = machine('fit');
    expect(await secondAdapter(given, install)).toEqual({ driver: LAVAPIPE, name: 'fit' });
    expect(calls).toEqual(['probe VK_DRIVER_FILES']);
  });

  it('is whatever Dawn finds where nothing is to be installed', async () => {
    expect(await secondAdapter(machine('missing').machine, false)).toEqual({ driver: {}, name: 'missing' });
    const reason = 'the driver does not do for Dawn (no adapter)';
    expect(await secondAdapter(machine('unfit').machine, false)).toEqual({ reason, excused: false });
  });

  it.each(['missing', 'unfit'] as const)('is installed where lavapipe is %s', async (state) => {
    const { machine: given, calls } = machine(state, 'fit');
    expect(await secondAdapter(given, true)).toEqual({ driver: LAVAPIPE, name: 'fit' });
    expect(calls.slice(-2)).toEqual(['install', 'probe VK_DRIVER_FILES']);
  });

  it.each([
    ['missing', `lavapipe is not installed: ${REFUSAL}`],
    ['unfit', `the driver does not do for Dawn (no adapter): ${REFUSAL}`],
  ] as const)('is excused, with the reason, only where it cannot be installed: %s', async (state, reason) => {
    expect(await secondAdapter(machine(state).machine, true)).toEqual({ reason, excused: true });
    const after = { reason: 'the driver does not do for Dawn (no adapter)', excused: false };
    expect(await secondAdapter(machine(state, 'unfit').machine, true)).toEqual(after);
  });
});
