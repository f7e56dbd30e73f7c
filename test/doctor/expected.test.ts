// The numbers that the doctor compares with, made anew. `npx vitest run test/doctor/expected.test.ts -u` writes them.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allChecks } from '../../src/doctor/all_checks';
import { compare, expectedOf } from '../../src/doctor/compare';
import { runChecks } from '../../src/doctor/diagnose';
import { summaryOf, type Summary } from '../../src/doctor/expected';
import { NETWORK, networkCheck } from '../../src/doctor/network';
import { VERSION } from '../../src/core/version';
import type { Engine } from '../../src/gpu/engine';
import { TARGETS } from '../../src/core/targets';
import { expectedTensors, networkFixture } from './reference';

/** Nine digits are finer than float32. */
const short = (value: number): number => Number(value.toPrecision(9));

function networkSummaries(): Record<string, Summary> {
  const { fixture, scores } = networkFixture();
  const heads = ['main', 'aux1', 'aux2'];
  return Object.fromEntries([
    ...heads.map(
      (head) => [`loss of ${head}`, summaryOf(`loss of ${head}`, [fixture.losses[head]!])] as const,
    ),
    ...heads.map((head) => [`scores of ${head}`, summaryOf(`scores of ${head}`, scores(head))] as const),
    ...Object.entries(fixture.gradients).map(
      ([name, { norm, dots }]) => [name, [norm, ...dots, norm]] as const,
    ),
  ]);
}

test('the committed numbers are those of the loops in float64, and of PyTorch', async () => {
  const all: Record<string, Record<string, Summary>> = {};
  for (const [name, tensors] of Object.entries(expectedTensors())) {
    expect(all[name], `two checks are called ${name}`).toBeUndefined();
    all[name] = Object.fromEntries(
      Object.entries(tensors).map(([tensor, values]) => [tensor, summaryOf(`${name}/${tensor}`, values)]),
    );
  }
  all[networkCheck.name] = networkSummaries();
  const line = (tensor: string, summary: Summary): string =>
    `  ${JSON.stringify(tensor)}: ${JSON.stringify(summary.map(short))}`;
  const check = ([name, tensors]: readonly [string, Record<string, Summary>]): string =>
    `${JSON.stringify(name)}: {\n${Object.entries(tensors)
      .map(([tensor, summary]) => line(tensor, summary))
      .join(',\n')}\n}`;
  const text = `{\n${Object.entries(all).map(check).join(',\n')}\n}\n`;
  await expect(text).toMatchFileSnapshot('../../src/doctor/expected.json');
  expect(text.length, 'it travels with the library').toBeLessThan(60_000);
});

test('each check knows its numbers, in each direction that it looks at', () => {
  const engine = { target: TARGETS.gpu, software: true } as Engine;
  for (const check of allChecks(engine)) {
    const tensors = Object.keys(expectedOf(check));
    for (const direction of check.directions) {
      expect(
        tensors.map((tensor) => check.directionOf(tensor)),
        check.name,
      ).toContain(direction);
    }
  }
});

test('a check without numbers is a mistake of ours: it is not told as refused by the adapter', async () => {
  const run = () => Promise.resolve([{ y: [NaN] }, { y: [NaN] }] as const);
  const check = { ...networkCheck, name: 'add/nobody knows', run };
  const device = { pushErrorScope: () => undefined, popErrorScope: () => Promise.resolve(null) };
  const engine = { device, lostReason: () => undefined } as unknown as Engine;
  await expect(runChecks(engine, [check], {})).rejects.toThrow(
    'add/nobody knows: has no expected numbers; got forward',
  );
});

test('what is no number is told as infinitely far off', () => {
  const check = { ...networkCheck, name: 'add/NaN', right: () => ({ 'loss of main': [1] }) };
  const found = compare(check, 'forward', [{ 'loss of main': [NaN] }, { 'loss of main': [NaN] }]);
  expect(found).toMatchObject({ ok: false, error: Infinity, wrongSums: [1, 1] });
});

test('the network is that of the fixture', () => {
  const { seed, size, width, classes, images, labels } = networkFixture().fixture;
  expect({ seed, size, width, classes, images: images[0], labels }).toEqual(NETWORK);
});

test('the version is the one of the package', () => {
  expect((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version).toBe(VERSION);
});
