// Options that nobody knows, and schedules that give no rate: refused before anything changes.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { unknownOptions } from '../support/jobs/unknown_options';

describe('options and rates', () => {
  let report: Awaited<ReturnType<typeof unknownOptions>>;
  beforeAll(async () => void (report = await call<typeof unknownOptions>('unknownOptions', null)));

  it.each([
    ['openEngine', 'openEngine', 'adaptor', 'adapter'],
    ['Parameters.create', 'parameters', 'sead', 'seed'],
    ['Program.create', 'program', 'kept', 'keep'],
    ['Program.create, fuse', 'program: fuse', 'biasrelu', 'biasRelu'],
    ['program.run', 'program.run', 'part', 'parts'],
    ['Trainer.create', 'trainer', 'microbatches', 'microBatches'],
    ['Trainer.create, lr', 'trainer', 'lr', 'rate'],
    ['trainer.fit', 'trainer.fit', 'epochs', 'steps'],
    ['Classifier.create', 'classifier', 'batch', ''],
    ['classifier.run', 'classifier.run', 'topk', 'top'],
    ['tune', 'tune', 'seconds', ''],
    ['trainReliably', 'training', 'retry', 'retries'],
  ])('%s names an option that nobody knows', (what, where, option, nearest) => {
    const start = `ValueError: ${where}: has no such option; got ${option}; did you mean ${nearest}`;
    expect(report.messages[what]).toContain(start);
  });

  it.each(['NaN', 'text', 'negative', 'infinite', 'infinite as a float32', 'nothing', 'promise'])(
    'a schedule that gives %s ends the step, by its number',
    (what) => {
      expect(report.scheduled[what]).toMatch(
        /^ValueError: step 0: the rate of the schedule must be a finite float32 number from 0; got \S/,
      );
    },
  );
  it('leaves the weights as they were', () => expect(report.unchanged).toBe(true));
});
