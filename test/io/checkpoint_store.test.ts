// What checkpoints in any folder have in common; files on a disk: test/cli/checkpoints.test.ts, in a browser: test/browser.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EngineError, FormatError, ValueError } from '../../src/core/errors';
import { CheckpointStore, type CheckpointFolder } from '../../src/io/checkpoint_store';
import { writeCheckpoint } from '../../src/io/checkpoint';
import { exampleCheckpoint } from '../support/checkpoint';

/** A folder in memory that writes later steps faster; `broken` names what fails. */
function memoryFolder() {
  const files = new Map<string, Uint8Array>();
  const state = { closed: 0, held: 0, broken: '' };
  const folder: CheckpointFolder = {
    path: 'memory',
    names: () => Promise.resolve([...files.keys(), 'notes.txt']),
    read: (name) => Promise.resolve(files.get(name) ?? new Uint8Array()),
    async write(name, bytes) {
      if (state.broken === 'write') throw new EngineError('memory', 'has no room');
      await wait(name.includes('5') ? 0 : 20);
      files.set(name, bytes);
    },
    remove: (name) => Promise.resolve(void files.delete(name)),
    close() {
      state.closed++;
      state.held = files.size;
      return Promise.resolve();
    },
  };
  return { folder, files, state };
}

const stepsOf = async (store: CheckpointStore) => (await store.list()).map(({ step }) => step);

it('does in turn what is asked for at once', async () => {
  const { folder, state } = memoryFolder();
  const store = new CheckpointStore(folder, 2);
  const saved = [4, 5].map((step) => store.save(exampleCheckpoint(step)));
  const steps = stepsOf(store);
  const closing = store.close();
  expect(await steps).toEqual([4, 5]);
  expect((await Promise.all(saved)).map(({ path }) => path)).toEqual(
    [4, 5].map((step) => `memory/step-000000000${step}.safetensors`),
  );
  await closing;
  expect(state).toMatchObject({ closed: 1, held: 2 });
});

it('goes on after what failed, with the earlier ones as they were', async () => {
  const { folder, state } = memoryFolder();
  const store = new CheckpointStore(folder, 1);
  await store.save(exampleCheckpoint(1));
  state.broken = 'write';
  await expect(store.save(exampleCheckpoint(2))).rejects.toThrow('memory: has no room');
  state.broken = '';
  expect((await store.latest())?.checkpoint.step).toBe(1);
  await store.save(exampleCheckpoint(3));
  expect(await stepsOf(store)).toEqual([3]);
});

it('refuses a checkpoint that makes no sense before it touches a file', async () => {
  const { folder, files } = memoryFolder();
  const store = new CheckpointStore(folder);
  await expect(store.save({ ...exampleCheckpoint(1), seed: -1 })).rejects.toThrow(ValueError);
  await expect(store.save(undefined as never)).rejects.toThrow(ValueError);
  await expect(store.saveFile(-1, writeCheckpoint(exampleCheckpoint(1)))).rejects.toThrow(ValueError);
  await expect(store.saveFile(1, 'bytes' as never)).rejects.toThrow(ValueError);
  expect(files.size).toBe(0);
});

it('can be emptied, and closed twice; then every call says so', async () => {
  const { folder, files, state } = memoryFolder();
  const store = new CheckpointStore(folder);
  await store.save(exampleCheckpoint(1));
  await store.save(exampleCheckpoint(5));
  await store.clear();
  expect(files.size).toBe(0);
  expect(await store.latest()).toBeUndefined();
  await Promise.all([store.close(), store.close()]);
  expect(state.closed).toBe(1);
  for (const call of [
    () => store.save(exampleCheckpoint(1)),
    () => store.list(),
    () => store.latest(),
    () => store.clear(),
  ]) {
    await expect(call()).rejects.toThrow('memory: was closed; open it again');
    await expect(call()).rejects.toThrow(ValueError);
  }
});

it('says what a folder lacks', () => {
  expect(() => new CheckpointStore({} as CheckpointFolder)).toThrow(
    'checkpoints: the folder lacks path; got []',
  );
  expect(() => new CheckpointStore(memoryFolder().folder, 0)).toThrow(
    'checkpoints: keep must be a whole number from 1; got 0',
  );
});

it('begins nothing anew, and removes nothing, where no file is whole', async () => {
  const { folder, files } = memoryFolder();
  const store = new CheckpointStore(folder);
  for (const step of [1, 5]) await store.save(exampleCheckpoint(step));
  for (const name of files.keys()) files.set(name, Uint8Array.of(1, 2, 3));
  await expect(store.latest()).rejects.toThrow(FormatError);
  await expect(store.latest()).rejects.toThrow(
    /: holds no whole checkpoint; got .*step-0000000005\.safetensors.*; clear /,
  );
  expect(files.size).toBe(2);
});
