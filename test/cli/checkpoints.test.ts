import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoints } from '../../src/cli/checkpoints';
import { OutputError } from '../../src/cli/output_error';
import { ValueError } from '../../src/core/errors';
import { writeCheckpoint } from '../../src/io/checkpoint';
import type { CheckpointStore } from '../../src/io/checkpoint_store';
import { exampleCheckpoint } from '../support/checkpoint';
import { spawnMain } from '../support/command_line';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'inception-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const bytes = (step: number) => writeCheckpoint(exampleCheckpoint(step));
const stepsIn = async (checkpoints: CheckpointStore): Promise<number[]> =>
  (await checkpoints.list()).map(({ step }) => step);

describe('checkpoints on a disk', () => {
  it('keeps the last few, whole, under names that sort', async () => {
    const checkpoints = await openCheckpoints(join(base, 'a', 'b'), 2);
    expect(await checkpoints.latest()).toBeUndefined();
    for (const step of [0, 9, 10, 100]) await checkpoints.saveFile(step, bytes(step));
    expect(readdirSync(checkpoints.path)).toEqual([
      'step-0000000010.safetensors',
      'step-0000000100.safetensors',
    ]);
    expect(await stepsIn(checkpoints)).toEqual([10, 100]);
    const latest = await checkpoints.latest();
    expect(latest).toMatchObject({ file: { step: 100 }, checkpoint: { step: 100 }, skipped: [] });
    expect(readFileSync(latest?.file.path ?? '')).toEqual(Buffer.from(bytes(100)));
  });

  it('replaces the checkpoint of the same step', async () => {
    const checkpoints = await openCheckpoints(base, 2);
    await checkpoints.saveFile(5, bytes(5));
    await checkpoints.saveFile(5, bytes(6));
    expect((await checkpoints.latest())?.checkpoint.step).toBe(6);
    expect(await stepsIn(checkpoints)).toEqual([5]);
  });

  it('forgets what came later, once a run has gone back and on', async () => {
    const checkpoints = await openCheckpoints(base, 3);
    for (const step of [10, 20, 30]) await checkpoints.saveFile(step, bytes(step));
    await checkpoints.saveFile(15, bytes(15));
    expect(await stepsIn(checkpoints)).toEqual([10, 15]);
  });

  it('passes over damaged ones, and says so', async () => {
    const checkpoints = await openCheckpoints(base, 4);
    for (const step of [1, 2, 3]) await checkpoints.saveFile(step, bytes(step));
    const [, second, third] = await checkpoints.list();
    truncateSync(third?.path ?? '', 300);
    const flipped = bytes(2).with(500, 1);
    writeFileSync(second?.path ?? '', flipped);
    const latest = await checkpoints.latest();
    expect(latest?.checkpoint.step).toBe(1);
    expect(latest?.skipped.map(({ file: { step } }) => step)).toEqual([3, 2]);
    expect(latest?.skipped[0]?.reason).toContain(third?.path);
  });

  it('leaves other files alone, but for what a killed process did not finish', async () => {
    for (const name of ['notes.txt', 'step-1.safetensors', 'step-0000000004.safetensors.part']) {
      writeFileSync(join(base, name), '');
    }
    const checkpoints = await openCheckpoints(base, 1);
    await checkpoints.saveFile(1, bytes(1));
    await checkpoints.saveFile(2, bytes(2));
    expect(readdirSync(base).sort()).toEqual([
      'notes.txt',
      'step-0000000002.safetensors',
      'step-1.safetensors',
    ]);
  });

  it('says what is wrong with a number, a folder, a step', async () => {
    await expect(openCheckpoints(base, 0)).rejects.toThrow(ValueError);
    const checkpoints = await openCheckpoints(base);
    await expect(checkpoints.saveFile(1.5, bytes(1))).rejects.toThrow(ValueError);
    const file = join(base, 'file');
    writeFileSync(file, '');
    const refused = openCheckpoints(join(file, 'x'));
    await expect(refused).rejects.toThrow(OutputError);
    await expect(refused).rejects.toThrow(/checkpoints cannot be kept there; got ENOTDIR/);
  });

  it('keeps the earlier ones when it cannot write, and leaves nothing half-written', async () => {
    const checkpoints = await openCheckpoints(base, 1);
    await checkpoints.saveFile(1, bytes(1));
    // No file can take a folder's place.
    const folder = 'step-0000000002.safetensors';
    mkdirSync(join(base, folder));
    await expect(checkpoints.saveFile(2, bytes(2))).rejects.toThrow(OutputError);
    expect(readdirSync(base)).toEqual(['step-0000000001.safetensors', folder]);
    rmSync(base, { recursive: true });
    await expect(checkpoints.saveFile(2, bytes(2))).rejects.toThrow(OutputError);
  });
});

/** Starts the writer and kills it some time after it began on checkpoint `step`; gives the last that it said it wrote. */
async function killWhileWriting(folder: string, step: number, milliseconds: number): Promise<number> {
  const child = spawnMain('/test/support/write_checkpoints.ts', [folder]);
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_code, signal) => resolve(signal));
  });
  let out = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      if (out.includes(`writing ${step}\n`)) resolve();
    });
    child.on('close', () => resolve());
  });
  await wait(milliseconds);
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  return Number(/[^]*wrote (\d+)\n/.exec(out)?.[1] ?? 0);
}

it('leaves a whole last checkpoint when its process is killed while it writes', async () => {
  let unfinished = 0;
  for (const [index, milliseconds] of [0, 1, 3, 6, 10, 20].entries()) {
    const folder = join(base, `${index}`);
    const wrote = await killWhileWriting(folder, 2 + (index % 3), milliseconds);
    unfinished += readdirSync(folder).filter((name) => name.endsWith('.part')).length;
    const checkpoints = await openCheckpoints(folder, 2);
    const latest = await checkpoints.latest();
    expect(latest?.skipped).toEqual([]);
    // It may have come as far as one more than it could still tell of.
    expect([wrote, wrote + 1]).toContain(latest?.checkpoint.step);
    expect(wrote).toBeGreaterThan(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  }
  console.log(
    `killed 6 times, ${unfinished} of them with a file half-written; each time the last whole one was there`,
  );
});
