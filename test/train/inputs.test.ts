// Labels against each head's classes, inputs beside the images, and what a network for training is when it classifies.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { classifyWithDropout, labelsAndInputs } from '../support/jobs/inputs';

describe('labels and inputs', () => {
  let report: Awaited<ReturnType<typeof labelsAndInputs>>;
  beforeAll(async () => void (report = await call<typeof labelsAndInputs>('labelsAndInputs', null)));

  const LABELS = 'ValueError: trainer.step: labels must be whole numbers from 0 to 2, for coarse; got';
  it.each([
    ['a label beyond the smaller head', `${LABELS} 3 at image 1`],
    ['a label as a text', `${LABELS} "0" at image 0`],
    ['a BigInt beyond the classes', `${LABELS} 7 at image 1`],
    ['an input that is missing', 'ValueError: trainer.step: needs the input meta; got []'],
    [
      'an input of another name',
      'ValueError: trainer.step: inputs: has no such option; got mata; did you mean meta? There are meta',
    ],
    ['an input of another length', 'ShapeError: trainer.step: meta needs 128 numbers; got 127'],
    ['fit without the input', 'ValueError: trainer.step: needs the input meta; got []'],
    [
      'a label beyond the smaller head, by program.write',
      'ValueError: labels: must hold whole numbers from 0 to 2 for coarse.loss; got 3 at 0',
    ],
    [
      'a label beyond the larger head, by program.write',
      'ValueError: labels: must hold whole numbers from 0 to 4 for fine.loss; got 4294967295 at 1',
    ],
    ['a label beyond the smaller head, by fit', `${LABELS} 4 at image 0`],
    ['a label beyond the smaller head, in the second part', `${LABELS} 3 at image 1`],
    ['an input as an array', 'ValueError: trainer.step: meta must be a Float32Array; got Array'],
    ['an input that is null', 'ValueError: trainer.step: meta must be a Float32Array; got Null'],
    ['an input of whole numbers', 'ValueError: trainer.step: meta must be a Float32Array; got Uint32Array'],
    ['classify without the input', 'ValueError: classifier.run: needs the input meta; got []'],
    [
      'classify with another name',
      'ValueError: classifier.run: inputs: has no such option; got mata; did you mean meta? There are meta',
    ],
    ['classify with one too few', 'ShapeError: classifier.run: meta needs 192 numbers; got 128'],
    [
      'a label beyond the classes, by runOp',
      'ValueError: labels: must hold whole numbers from 0 to 2 for cross_entropy; got 3 at 1',
    ],
  ])('%s', (what, message) => expect(report.messages[what]).toBe(message));

  it('are zeros until they are written to a program', () => expect(report.unwritten).toEqual(report.zeros));
  it('take BigInts for numbers', () => expect(report.big).toBe(report.plain));
  it('classify with the further input, each image with its own', () => {
    const { whole, alone } = report.classified;
    expect(whole).toHaveLength(3 * 5);
    expect(whole).toEqual(alone);
    expect(whole.slice(0, 5)).not.toEqual(whole.slice(5, 10));
  });
  it('read the further input, in parts too', () => {
    expect(Math.abs(report.parts - report.plain)).toBeLessThan(1e-5);
    expect(Math.abs(report.moved - report.again)).toBeGreaterThan(1e-3);
  });
});

describe('the gradient of a weight', () => {
  it('is the whole batch’s where it comes in parts', async () => {
    const { gradients } = await call<typeof labelsAndInputs>('labelsAndInputs', null);
    for (const name of ['fine.weight', 'coarse.bias', 'conv.weight'] as const) {
      const { plain, parts } = gradients[name];
      const largest = Math.max(...plain.map(Math.abs));
      expect(largest, name).toBeGreaterThan(0.001);
      plain.forEach((each, index) => {
        expect(Math.abs((parts[index] ?? NaN) - each), name).toBeLessThan(1e-5 * largest);
      });
    }
  });
});

describe('a classifier', () => {
  it('of a network with dropout drops nothing', async () => {
    const { dropping, plain } = await call<typeof classifyWithDropout>('classifyWithDropout', null);
    expect(dropping).toEqual(plain);
  });
});
