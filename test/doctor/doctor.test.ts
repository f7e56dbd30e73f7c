import { describe, expect, test } from 'vitest';
import { KERNEL_NAMES } from '../../src/ops/conv/launch';
import { call } from '../support/call';
import type { diagnoseFaulty, doctorMisuse, Miscompiled, trainWithout } from '../support/jobs/doctor';

const diagnoseWith = (...faults: readonly Miscompiled[]) =>
  call<typeof diagnoseFaulty>('diagnoseFaulty', { faults });

const ALL_KERNELS = Object.entries(KERNEL_NAMES).flatMap(([form, kernels]) =>
  kernels.map((kernel) => `${form} ${kernel}`),
);

/** A bias one percent too large, in the kernel that software adapters take for most layers. */
const BIAS: Miscompiled = {
  file: 'conv2d_quad.wgsl',
  entry: 'forward',
  kernel: 'quad 16x32',
  find: 'var v = sum[m * TN + j] + bias;',
  replace: 'var v = sum[m * TN + j] + bias * 1.01;',
};

/** Weight gradients a ten thousandth too large, in one of ten tiles of the same shader. */
const SLIGHTLY: Miscompiled = {
  file: 'conv2d_tile_weight.wgsl',
  entry: 'backward_weight',
  kernel: 'tile 64x32/8x4',
  find: 'p.w_stride + column] = v;',
  replace: 'p.w_stride + column] = v * 1.0001;',
};

const ADDED: Miscompiled = {
  file: 'max_pool.wgsl',
  entry: 'backward',
  find: 'if (ADD) { sum += add',
  replace: 'if (ADD) { sum -= add',
};

const REFUSED: Miscompiled = {
  file: 'conv2d.wgsl',
  entry: 'backward_input',
  kernel: 'register 8x8',
  find: 'fn backward_input(',
  replace: 'fn backward_input(no_such_type, ',
};

describe('doctor', { timeout: 600_000 }, () => {
  test('finds a right adapter right, and forgets no kernel', async () => {
    const { diagnosis, text, failed, counted, buffersLeft } = await diagnoseWith();
    console.log(text);
    expect(diagnosis.findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(diagnosis.ok).toBe(true);
    expect(failed).toEqual([]);
    const run = diagnosis.findings.flatMap(({ kernel, direction }) =>
      kernel ? [`${direction} ${kernel}`] : [],
    );
    expect([...new Set([...run, ...diagnosis.notRun])].sort()).toEqual([...ALL_KERNELS].sort());
    // The adapters that tests run on can do all that any kernel needs.
    expect(diagnosis.notRun).toEqual([]);
    expect(counted).toEqual([...counted.keys()]);
    expect(buffersLeft).toBe(0);
    expect(text).toContain('computes what it should');
    expect(text).not.toContain('--exclude');
    expect(text).toContain(diagnosis.adapter.name);
    expect(text).toMatch(
      /^\d+ checks, among them \d+ kernels for convolutions: \d+ right, 0 wrong, 0 refused/m,
    );
  });

  test('names a kernel that is wrong, and the network that uses it', async () => {
    const { diagnosis, text, failed } = await diagnoseWith(BIAS);
    const wrong = diagnosis.findings.filter(({ ok }) => !ok);
    expect(failed).toEqual(['forward quad 16x32']);
    const named = wrong.map(({ op, direction, kernel }) => [op, direction, kernel ?? null].join(' '));
    expect(new Set(named)).toEqual(
      new Set([
        'conv2d forward quad 16x32',
        'linear forward quad 16x32',
        'network forward ',
        'network backward ',
      ]),
    );
    const [first] = wrong;
    // A hundredth of a bias below 1, over outputs of some units.
    expect(first?.error).toBeGreaterThan(1e-4);
    expect(first?.error).toBeLessThan(1e-1);
    expect(text).toContain('does NOT compute what it should');
    expect(text).toMatch(/^conv2d +forward +quad 16x32 +\d\.\de-\d/m);
    expect(text).toMatch(/^To train without what failed: npm start -- --exclude "forward quad 16x32"$/m);
    expect(text).toMatch(/^In a program: withoutKernels\(engine, \['forward quad 16x32'\]\)$/m);

    const losses = await call<typeof trainWithout>('trainWithout', { faults: [BIAS], excluded: failed });
    const apart = (got: readonly number[]) =>
      Math.max(...got.map((loss, step) => Math.abs(loss / losses.right[step]! - 1)));
    // Biases begin at 0, so the first step's loss is right.
    expect(apart(losses.faulty)).toBeGreaterThan(1e-6);
    expect(apart(losses.excluded)).toBeLessThan(1e-6);
  });

  test('tells apart what is wrong, slightly wrong and refused', async () => {
    const { diagnosis, text, failed } = await diagnoseWith(SLIGHTLY, ADDED, REFUSED);
    const wrong = diagnosis.findings.filter(({ ok }) => !ok);
    const named = wrong.map(({ op, direction, kernel = '-', refused }) =>
      [op, direction, kernel, refused === undefined ? 'wrong' : 'refused'].join(' '),
    );
    expect(new Set(named)).toEqual(
      new Set([
        'conv2d backward_weight tile 64x32/8x4 wrong',
        'max_pool backward - wrong',
        // Its modules add the gradients of their branches where the pool's goes.
        'network backward - wrong',
        'conv2d backward_input register 8x8 refused',
      ]),
    );
    expect(failed.sort()).toEqual(['backward_input register 8x8', 'backward_weight tile 64x32/8x4']);
    const slight = wrong.find(({ kernel }) => kernel === 'tile 64x32/8x4');
    expect(slight?.tensor).toBe('dw');
    expect(slight?.error).toBeGreaterThan(2e-5);
    expect(slight?.error).toBeLessThan(2e-3);
    expect(text).toMatch(
      /^- conv2d backward_input by register 8x8, .*: conv2d\.wgsl#.*the driver refuses this shader/m,
    );
  });

  test('stops when asked to, and excludes only what there is', async () => {
    const messages = await call<typeof doctorMisuse>('doctorMisuse', {
      kernels: ALL_KERNELS.filter((name) => name.startsWith('forward ')),
    });
    expect(messages.stopped).toMatch(/^AbortError: diagnose: was stopped after 2 of \d+ checks/);
    expect(messages['an op that is none']).toMatch(
      /^ValueError: diagnose: only: nothing is checked of this name; got reul; did you mean relu\? There are conv2d, /,
    );
    expect(messages['an option that is none']).toMatch(
      /^ValueError: diagnose: has no such option; got onlyOp; did you mean only\?/,
    );
    expect(messages.unknown).toMatch(
      /^ValueError: withoutKernels: there is no such kernel; got "forward quad"; did you mean forward quad \d+x\d+\? There are forward quad 16x32, /,
    );
    expect(messages['none left']).toMatch(
      /^EngineError: forward 2x6x6x3>.*: no kernel is left that can compute this; got all of these are excluded: /,
    );
  });
});
