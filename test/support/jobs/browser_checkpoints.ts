import { ValueError } from '../../../src/core/errors';
import { browserRuns, openBrowserCheckpoints } from '../../../src/io/browser_checkpoints';
import { writeCheckpoint } from '../../../src/io/checkpoint';
import type { CheckpointStore } from '../../../src/io/checkpoint_store';
import { attempt } from '../attempt';
import { openStores, storeOf } from '../browser_store';
import { exampleCheckpoint } from '../checkpoint';
import { JUNK } from '../fuzz/abuse';
import type { JobContext } from '../job';

/** Some 2 MB: one of the steps. */
const LARGE = { shapes: { 'fc.weight': [1000, 170] } };

/** Steps that are kept, the last that is whole, and what was passed over. */
async function stateOf(store: CheckpointStore) {
  const latest = await store.latest();
  return {
    steps: (await store.list()).map(({ step }) => step),
    latest: latest?.checkpoint.step ?? null,
    skipped: latest?.skipped.map(({ reason }) => reason) ?? [],
  };
}

/** Opens a run, saves checkpoints of these steps in turn, and tells what is there; it stays open. */
export async function keep(
  _context: JobContext,
  args: {
    readonly run: string;
    readonly keep?: number;
    readonly steps?: readonly number[];
    readonly large?: boolean;
  },
) {
  const store = await storeOf(args.run, args.keep);
  const errors = await attempt(
    Object.fromEntries(
      (args.steps ?? []).map((step) => [
        `step ${step}`,
        () => store.save(exampleCheckpoint(step, args.large ? LARGE : {})),
      ]),
    ),
  );
  return { errors: Object.values(errors).filter((each) => each !== 'no error'), ...(await stateOf(store)) };
}

/** Closes a run, or empties it before. */
export async function leave(
  _context: JobContext,
  { run, clear }: { readonly run: string; readonly clear?: boolean },
) {
  const store = await storeOf(run);
  if (clear) await store.clear();
  await Promise.all([store.close(), store.close()]);
  openStores.delete(run);
  return attempt({ list: () => store.list(), save: () => store.save(exampleCheckpoint(1)) });
}

/** What a run that is open says of each call. */
export const attemptAll = (_context: JobContext, { run }: { readonly run: string }) => {
  const store = openStores.get(run);
  return attempt({
    save: () => store?.save(exampleCheckpoint(1)),
    list: () => store?.list(),
    latest: () => store?.latest(),
    clear: () => store?.clear(),
  });
};

export const runs = (_context: JobContext, _args: null): Promise<string[]> => browserRuns();

/** What opening a run in vain says, also where the browser denies the page all files. */
export async function refused(
  _context: JobContext,
  { run, denied }: { readonly run: string; readonly denied?: boolean },
): Promise<string | undefined> {
  const { storage } = navigator;
  if (denied)
    storage.getDirectory = () => Promise.reject(new DOMException('it is a private window', 'SecurityError'));
  const { open } = await attempt({ open: () => openBrowserCheckpoints(run) });
  // Only the object's own function goes.
  Reflect.deleteProperty(storage, 'getDirectory');
  return open;
}

/** What is taken, or refused without a typed error, of all that might be given for a name, options or their `keep`. */
export async function junkNames(_context: JobContext, _args: null): Promise<string[]> {
  const untyped: string[] = [];
  const calls: Readonly<Record<string, (junk: never) => Promise<CheckpointStore>>> = {
    run: (junk) => openBrowserCheckpoints(junk),
    options: (junk) => openBrowserCheckpoints('x', junk),
    keep: (junk) => openBrowserCheckpoints('x', { keep: junk }),
  };
  for (const [name, call] of Object.entries(calls)) {
    for (const [what, junk] of Object.entries(JUNK)) {
      try {
        await (await call(junk as never)).close();
        untyped.push(`${name} ${what}`);
      } catch (error) {
        if (!(error instanceof ValueError)) untyped.push(`${name} ${what}: ${String(error)}`);
      }
    }
  }
  return untyped;
}

/** Saves one large checkpoint after the other until somebody ends the page, and says which are done in its title. */
export async function saveWithoutEnd(
  _context: JobContext,
  { run, from }: { readonly run: string; readonly from: number },
): Promise<never> {
  const store = await storeOf(run, 2);
  for (let step = from; ; step++) {
    const bytes = writeCheckpoint(exampleCheckpoint(step, LARGE));
    document.title = `writing ${step}`;
    await store.saveFile(step, bytes);
    document.title = `wrote ${step}`;
  }
}

const folderOf = async (run: string): Promise<FileSystemDirectoryHandle> => {
  let folder = await navigator.storage.getDirectory();
  for (const name of ['inception-webgpu', 'checkpoints', run])
    folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
};

/** Files as they lie there, with their sizes. */
export async function filesOf(_context: JobContext, { run }: { readonly run: string }) {
  const found: Record<string, number> = {};
  for await (const [name, entry] of (await folderOf(run)).entries())
    found[name] = (await (entry as FileSystemFileHandle).getFile()).size;
  return found;
}

/** Cuts a file, or makes one. */
export async function setSize(
  _context: JobContext,
  { run, name, size }: { readonly run: string; readonly name: string; readonly size: number },
) {
  const file = await (await folderOf(run)).getFileHandle(name, { create: true });
  const stream = await file.createWritable({ keepExistingData: true });
  await stream.truncate(size);
  await stream.close();
}
