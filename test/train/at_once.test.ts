// Calls that come while another is under way, and values that contradict each other.
import { expect, it } from 'vitest';
import { call } from '../support/call';
import type { callsAtOnce, contradictions } from '../support/jobs/at_once';

it('nothing comes between the submits of a profiled step, and a fit that fails leaves no step under way', async () => {
  const during = (where: string) =>
    `ValueError: ${where}: a step of profileStep is under way; await it first`;
  expect(await call<typeof callsAtOnce>('callsAtOnce', null)).toEqual({
    messages: {
      'step during profileStep': during('trainer.step'),
      'profileStep during profileStep': during('trainer.step'),
      'checkpoint during profileStep': during('trainer.checkpoint'),
      'onStep throws': 'Error: of the caller',
      'two steps after that': 'no error',
      'fit during fit': 'ValueError: trainer.fit: another fit is under way; await it first',
      'the first fit': 'no error',
      'fit after it': 'no error',
    },
    profiled: 0,
    same: true,
  });
});

it('what makes no sense together is refused in words', async () => {
  const noScores = (shape: string) =>
    `ShapeError: classifier: scores must be (N, classes) for N = 2; got ${shape}`;
  const noValue = 'ValueError: program.read: a value must be one of its graph; got "fc"';
  const { messages, notes } = await call<typeof contradictions>('contradictions', null);
  expect(notes).toEqual([
    ['the checkpoint that it goes on from, of seed 4, has its own in place of seed 7, initial'],
    [],
  ]);
  expect(messages).toEqual({
    'scores of four sizes': noScores('[2, 8, 6, 6]'),
    'scores that are the images': noScores('[2, 3, 6, 6]'),
    'scores of another batch': noScores('[3, 72]'),
    'read of another graph': noValue,
    'read of a copy': noValue,
    'range of another graph': 'ValueError: program.range: a value must be one of its graph; got "fc"',
    'a head of weight 0':
      'ValueError: trainer: each of heads: weight must be a finite float32 number above 0; got 0',
    'an average that takes up two':
      'ValueError: sgd, step 0: average must be a finite float32 number from 0 to 1; got 2',
    'a schedule that takes a step':
      'ValueError: trainer.step: its schedule is being asked for a rate; await it first',
    'a run on a destroyed engine': 'ValueError: trainer: the engine was destroyed; open a new one',
    'readAll with a hole': 'ValueError: program.read: the names must have no holes; got one at 0',
    'heads with a hole': 'ValueError: trainer: heads must have no holes; got one at 0',
    'parameters and initial':
      'ValueError: trainer: initial draws weights, and parameters gives them; leave one out',
    'a factor of average that is none': 'ValueError: trainer: factor of average must be a function; got 1',
    'slots that are no Maps': 'ValueError: trainer: resume: slots must be a Map; got {}',
    'a billion steps in flight':
      'ValueError: trainer: stepsInFlight must be a whole number from 1 to 1024; got 1000000000',
    'a group that is infinite':
      'ValueError: groups: rateScale must be a finite float32 number from 0; got 1e+39',
    'an iterator that is none': 'ValueError: trainer.fit: the batches must be iterable; got {}',
    'an iterator without next': 'ValueError: trainer.fit: the iterator of the batches lacks next; got []',
    'an iterator that gives nothing':
      'ValueError: trainer.fit: what the batches give must be an object; got nothing',
    'images in a proxy':
      'ValueError: trainer.step: images must be a Float32Array; got Object; scale bytes to numbers first',
    'inputs in a Map': 'ValueError: trainer.step: the inputs must be a plain object; got Map',
    'onProgress that rejects': 'Error: of the caller',
  });
});
