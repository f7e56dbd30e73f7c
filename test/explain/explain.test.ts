// Maps of a network on the GPU: class activation maps add up to its scores, gradients are slopes of its scores.
import { beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/call';
import type { activationMaps, inputGradients } from '../support/jobs/explain';
import type { Received } from '../support/wire';

it('a class activation map has the score for its mean, but for the bias', async () => {
  const { maps, scores, bias } = await call<typeof activationMaps>('activationMaps', null);
  const found = maps.flatMap((ofClasses) =>
    ofClasses.map(({ shape, data }, at) => {
      expect(shape).toEqual([4, 4]);
      return data.reduce((a, b) => a + b, 0) / data.length + bias[at]!;
    }),
  );
  const largest = Math.max(...scores.map(Math.abs));
  expect(largest).toBeGreaterThan(0.01);
  expect(found).toHaveLength(12);
  found.forEach((score, at) => expect(Math.abs(score - scores[at]!)).toBeLessThan(2e-6 * largest));
  expect(new Set(scores).size).toBe(12);
});

describe('an input gradient', () => {
  let report: Received<Awaited<ReturnType<typeof inputGradients>>>;
  beforeAll(async () => void (report = await call<typeof inputGradients>('inputGradients', null)));

  it.each(['plain', 'smooth'] as const)('%s: is the largest slope of the score', (which) => {
    const { shape, data } = report[which];
    expect(shape).toEqual([6, 6]);
    const largest = Math.max(...data);
    expect(largest).toBeGreaterThan(0.01);
    data.forEach((number, at) =>
      expect(Math.abs(number - report.expected[which][at]!), `${at}`).toBeLessThan(0.01 * largest),
    );
  });

  it('is drawn by its seed, in noise of the deviation that was asked for', () => {
    expect(report.again).toEqual(report.smooth);
    expect(report.other.data).not.toEqual(report.smooth.data);
    expect(report.plain.data).not.toEqual(report.smooth.data);
    expect(report.noise).toBeCloseTo(1, 1);
  });

  it('tells of each batch, and leaves no memory taken', () => {
    expect(report.told).toEqual([4, 6]);
    expect(report.left).toBe(0);
  });

  it.each([
    ['a class too many', 'ValueError: inputGradient: class must be a whole number from 0 to 2; got 3'],
    ['an image of another size', 'ShapeError: inputGradient: image must have 108 numbers; got 107'],
    ['an image of bytes', 'ValueError: inputGradient: image must be a Float32Array; got Uint8Array'],
    ['an unknown option', /^ValueError: inputGradient: has no such option; got count; did you mean/],
    [
      'scores of another graph',
      'ShapeError: inputGradient: needs images of f32 (N, C, H, W) and scores of (N, classes); got f32 [4, 3, 6, 6], [3, 3]',
    ],
    ['stopped', 'AbortError: inputGradient: stopped by the caller; got 0 of 16'],
  ])('refuses %s', (what, message) => expect(report.messages[what]).toMatch(message));
});
