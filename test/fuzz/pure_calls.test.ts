// Every public function that needs no device, with one argument at a time that makes no sense: each call gives a typed
// error that can be read, at once. Arguments that a function may take are named.
import { afterAll, expect, it } from 'vitest';
import * as doctor from '../../src/doctor/index';
import * as engine from '../../src/index';
import { ABUSE, JUNK, type Abused } from '../support/fuzz/abuse';

let calls = 0;

it.each(ABUSE)('$name', ({ name, valid, call, takes = {} }: Abused) => {
  expect(() => call(...valid())).not.toThrow();
  valid().forEach((_, position) => {
    for (const [what, junk] of Object.entries(JUNK)) {
      const given = valid().with(position, junk);
      const where = `${name}, argument ${position} is ${what}`;
      const start = performance.now();
      let thrown: unknown;
      try {
        call(...given);
      } catch (error) {
        thrown = error;
      }
      calls++;
      expect(performance.now() - start, where).toBeLessThan(2000);
      if (takes[position]?.includes(what)) {
        expect(thrown, where).toBeUndefined();
        continue;
      }
      expect(thrown, where).toBeInstanceOf(engine.EngineError);
      const { message } = thrown as Error;
      expect(message, where).toMatch(/^[^:]+.*: \S/);
      expect(message, where).not.toMatch(/undefined|\[object/);
      expect(message.length, where).toBeLessThan(500);
    }
  });
});

it('no public function is left out', () => {
  const tried = new Set(ABUSE.map(({ name }) => name.split(/[ .]/)[0]));
  const onDevice = [
    'openEngine',
    'withChoice',
    'Parameters',
    'Program',
    'profileProgram',
    'runOp',
    'SingleOp',
    'Update',
    'gradientBuffer',
    'fromBuffer',
    'fromImages',
    'copyToBuffer',
    'tune',
    'diagnose',
    'withoutKernels',
    'diagnosisText',
  ];
  // test/browser/checkpoints.test.ts
  const inBrowser = ['openBrowserCheckpoints', 'browserRuns'];
  const others = [
    ...['binaryTargets', 'squaredError'], // take nothing
    ...['trainReliably', 'Trainer', 'Classifier', 'evaluate', 'LossGradients', 'loadWeights', 'saveWeights'],
  ];
  const isOp = (value: unknown): boolean => typeof value === 'object' && value !== null && 'infer' in value;
  const names = Object.entries({ ...engine, ...doctor })
    .filter(([name, value]) => typeof value === 'function' || (isOp(value) && !name.endsWith('Fused')))
    .filter(([, value]) => !(typeof value === 'function' && value.prototype instanceof Error))
    .map(([name]) => name);
  expect(
    names.filter((name) => !tried.has(name) && ![...onDevice, ...inBrowser, ...others].includes(name)),
  ).toEqual([]);
});

afterAll(() => console.log(`${ABUSE.length} functions, ${calls} calls that make no sense`));
