// A disk that takes nothing must not cost what was learnt.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Recorder } from '../../src/cli/recorder';
import { RunFolder } from '../../src/cli/run_folder';

let base: string;
let said: string[];
let folder: RunFolder;
let recorder: Recorder;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'inception-'));
  said = [];
  const write = (text: string): boolean => said.push(text) > 0;
  folder = RunFolder.open(join(base, 'run'));
  recorder = new Recorder(folder, 'Chrome', { write } as unknown as NodeJS.WriteStream);
});
afterEach(() => rmSync(base, { recursive: true }));

const losses = { main: 1, aux1: 2, aux2: 3 };
const step = (number: number): void =>
  recorder.onEvent({
    kind: 'step',
    record: { step: number, rate: 1, total: 2, gradientNorm: 1, losses, seconds: 1 },
  });
const logged = (): number[] =>
  readFileSync(join(folder.path, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);

it('goes on without a log, says so once, and writes it when it can', async () => {
  step(1);
  renameSync(folder.path, join(base, 'away'));
  step(2);
  step(3);
  await turn();
  expect(said).toEqual([
    expect.stringMatching(/^log\.jsonl: cannot be written; got ENOENT.*; the run goes on, and/),
  ]);
  renameSync(join(base, 'away'), folder.path);
  step(4);
  await turn();
  expect(said.at(-1)).toBe('log.jsonl: is written again\n');
  expect(logged()).toEqual([1, 2, 3, 4]);
});

it('tries at the end what could not be written, and names what still cannot', async () => {
  let full = true;
  let written = 0;
  const write = (): void => {
    if (full) throw new Error('ENOSPC: no space left on device');
    written++;
  };
  await recorder.writing.keep('checkpoint', write);
  await recorder.writing.keep('checkpoint', write);
  expect(said).toHaveLength(1);
  expect(await recorder.writing.keepRest()).toEqual(['checkpoint']);
  full = false;
  expect(await recorder.writing.keepRest()).toEqual([]);
  expect({ written, said: said.at(-1) }).toEqual({ written: 1, said: 'checkpoint: is written again\n' });
});

it('keeps weights that cannot be written until they can', async () => {
  const inTheWay = join(folder.path, 'weights.safetensors');
  mkdirSync(join(inTheWay, 'x'), { recursive: true });
  const header = Buffer.from('{}');
  const bytes = Buffer.concat([Buffer.from(new BigUint64Array([2n]).buffer), header]);
  await recorder.onWeights(bytes);
  expect(said).toHaveLength(1);
  rmSync(inTheWay, { recursive: true });
  expect(await recorder.writing.keepRest()).toEqual([]);
  expect(readFileSync(inTheWay)).toEqual(bytes);
});

it('reads a log with a half line and steps that came twice', () => {
  const line = (number: number, total: number): string =>
    JSON.stringify({ step: number, total, ...losses, seconds: 1 });
  const text = [line(1, 1), line(2, 1), '{"step":3,"to', line(2, 9), line(5, 1), ''].join('\n');
  writeFileSync(join(folder.path, 'log.jsonl'), text);
  recorder.goOnFrom(3);
  expect(recorder.history.steps).toEqual([1, 2]);
  expect(folder.logged).toBe(`${line(1, 1)}\n${line(2, 9)}\n`);
});
