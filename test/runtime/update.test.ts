import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph';
import { exponentialAverage } from '../../src/optim/average';
import { sgd } from '../../src/optim/sgd';
import { Parameters } from '../../src/runtime/parameters';
import { Update, type UpdateOptions } from '../../src/runtime/update';
import { fakeEngine } from '../support/fake_engine';
import { variable, weight } from '../support/weights';

/** Of a network with 64 trained numbers, 128 frozen ones and 256 that the forward part assigns. */
async function updateWith(options: UpdateOptions): Promise<Update> {
  const graph = new Graph();
  weight(graph, { name: 'trained', shape: [64] });
  weight(graph, { name: 'frozen', shape: [128], trainable: false });
  weight(graph, { name: 'state', shape: [256], trainable: false });
  return Update.create(await Parameters.create(fakeEngine().engine, graph), sgd(), options);
}

describe('the bytes of an update', () => {
  const average = exponentialAverage();
  const assigned = [variable({ name: 'state', shape: [256], trainable: false })];

  it.each<[string, UpdateOptions, number]>([
    ['of the trained variables', {}, 64],
    ['and of their average', { average }, 64 + 64],
    ['and of what is assigned', { assigned }, 64 + 256],
    ['once, in however many parts a batch comes', { microBatches: 2 }, 64],
  ])('are a gradient read, a number read and written: %s', async (_what, options, numbers) => {
    expect((await updateWith(options)).bytes).toBe(3 * 4 * numbers);
  });
});

describe('an update refuses to change', () => {
  it.each([
    [
      'what is no variable of the parameters',
      'other',
      'other: is not among the parameters given to the update',
    ],
    [
      'one of another shape',
      'state',
      'state: the graph declares the shape [3]; got parameters of shape [256]',
    ],
  ])('%s', async (_what, name, message) => {
    const variables = [variable({ name, shape: [3] })];
    await expect(updateWith({ trained: variables })).rejects.toThrow(message);
    await expect(updateWith({ assigned: variables })).rejects.toThrow(message);
  });
});
