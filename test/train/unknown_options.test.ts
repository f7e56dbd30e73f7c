// Options that nobody knows, and schedules that give no rate: refused before anything changes.
import { beforeAll, describe, expect, it } from 'vitest';
import { ValueError } from '../../src/core/errors';
import { Graph } from '../../src/graph/graph';
import { googlenet } from '../../src/models/googlenet';
import { layers } from '../../src/models/layers';
import { adam } from '../../src/optim/adam';
import { sgd } from '../../src/optim/sgd';
import { call } from '../support/call';
import type { unknownOptions } from '../support/jobs/unknown_options';

const graph = new Graph();
const net = layers(graph);
const x = graph.input('x', [2, 3, 8, 8]);
const junk = (options: object): never => options as never;

describe('options of other libraries', () => {
  it.each<[string, () => unknown, string]>([
    [
      'conv groups',
      () => net.conv('a', x, junk({ channels: 4, kernel: 3, groups: 2 })),
      'a: has no such option; got groups',
    ],
    ['conv dilation', () => net.conv('a', x, junk({ channels: 4, kernel: 3, dilation: 2 })), 'got dilation'],
    ['conv bias', () => net.conv('a', x, junk({ channels: 4, kernel: 3, bias: false })), 'got bias'],
    ['maxPool ceil_mode', () => net.maxPool('b', x, junk({ kernel: 2, ceil_mode: true })), 'got ceil_mode'],
    [
      'avgPool count_include_pad',
      () => net.avgPool('b', x, junk({ kernel: 2, count_include_pad: false })),
      'got count_include_pad',
    ],
    [
      'linear bias',
      () => net.linear('c', net.flatten('f', x), junk({ features: 2, bias: false })),
      'got bias',
    ],
    [
      'googlenet inputsize',
      () => googlenet(junk({ classes: 3, batch: 1, inputsize: 64 })),
      'got inputsize; did you mean inputSize?',
    ],
    [
      'googlenet num_classes',
      () => googlenet(junk({ classes: 3, batch: 1, num_classes: 3 })),
      'did you mean classes?',
    ],
    ['adam lr', () => adam(junk({ lr: 1 })), 'adam: has no such option; got lr'],
    ['adam weight_decay', () => adam(junk({ weight_decay: 1 })), 'did you mean weightDecay?'],
    ['adam betas', () => adam(junk({ betas: [0.9, 0.99] })), 'got betas'],
    ['sgd dampening', () => sgd(junk({ dampening: 0.1 })), 'got dampening'],
    [
      'groups of variables',
      () => graph.variable(junk({ name: 'v', shape: [3], requires_grad: false })),
      'got requires_grad',
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});

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
    ['trainer.fit', 'trainer.fit', 'epoch', 'epochs'],
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
