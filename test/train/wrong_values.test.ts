// Values of the right type that make no sense where they are given: refused before anything is changed.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { wrongValues } from '../support/jobs/wrong_values';

const MESSAGES: Readonly<Record<string, string>> = {
  'Program, parameters of another engine':
    "program: the variables are another engine's; make them on this one",
  'Trainer, parameters of another engine':
    "trainer: the variables are another engine's; make them on this one",
  'profile, update of another engine': "profileProgram: the variables are another engine's",
  'saveWeights of nothing': 'saveWeights: the parameters must be an object; got nothing',
  'loadWeights into a trainer': 'loadWeights: the parameters lacks layout',
  'resume of nothing known': 'trainer: resume lacks weights; got []',
  'resume null': 'trainer: resume must be an object; got null',
  'trainReliably, resume null': 'training: resume must be an object; got null',
  'resume without a seed': 'checkpoint: seed must be a whole number from 0 to 4294967295; got nothing',
  'resume with a NaN': 'fc.bias: must hold finite numbers; got NaN at 1',
  'resume, weights that are no Map': 'trainer: resume: weights must be a Map; got {}',
  'keep of numbers': 'trainer: each of keep must be an object; got 1',
  'keep of a number': 'trainer: keep must be an array; got 5',
  'keep of another graph': 'keep: each must be a value of this graph; got "fc"',
  'images by name': 'trainer: images must be an object; got "images"',
  'images of another graph': 'trainer: images must be an input of the graph; got "images"',
  'Classifier, images of another graph': 'classifier: images must be an input of the graph; got "images"',
  'two heads of one name': 'trainer: each head must have a name of its own; got "main"',
  'load, a shape that is none': 'fc.bias: the network has the shape [3]; got "3"',
  'load, a NaN': 'fc.bias: must hold finite numbers; got NaN at 1',
  'load, no numbers': 'fc.bias: must be given as a Float32Array; got String',
  'read, a second word': 'program.read: what is read must be one of value, grad; got "gradient"',
  'a group of nothing': 'groups: match must name a variable; got []',
  'clip 0 as a float32': 'update: clip must be a finite float32 number above 0; got 1e-46',
  'rule that is a text': 'optimizer: the rule of sgd must be an object; got "fn rule() {}"',
  'params with a NaN': 'optimizer: momentum of sgd must be a finite float32 number; got NaN',
  'factors with a NaN': 'sgd, step 0: factor0 must be a finite float32 number; got NaN',
  'inputs of another graph': 'main.loss: x must be a value of this graph; got "fc"',
};

describe('values that make no sense', () => {
  let report: Awaited<ReturnType<typeof wrongValues>>;
  beforeAll(async () => void (report = await call<typeof wrongValues>('wrongValues', null)));

  it.each(Object.entries(MESSAGES))('%s', (what, message) => {
    expect(report.messages[what]).toMatch(/^(Value|Shape)Error: /);
    expect(report.messages[what]).toContain(`: ${message}`);
  });
  it('leave the weights, and the number of the step, as they were', () => {
    expect(report).toMatchObject({ unchanged: true, steps: 0 });
  });
  it('warn where a run goes on with other scales', () => {
    expect(report.warnings).toEqual({
      same: 'none',
      scaled: expect.stringMatching(/other options/) as string,
    });
  });
});
