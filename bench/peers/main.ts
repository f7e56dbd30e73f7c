import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { EngineError, ValueError } from '../../src/core/errors';
import { VERSION } from '../../src/cli/version';
import { CONTENDERS, type Name } from './contenders';
import { ensurePackages } from '../install';
import { parseOptions, type Options } from './options';
import type { PageFace } from './page/face';
import type { Task } from './problem';
import type { Result, Table } from './result';

/** Runs `bench peers` and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) return 0;
    await ensurePackages('bench/peers', '300 MB');
    const result = await bench(options, args);
    // Not above: whoever only wants help need not wait for it.
    const [{ printable }, { peerBars }, { writePictures }] = await Promise.all([
      import('./print'),
      import('./chart'),
      import('../report/picture'),
    ]);
    const out =
      options.out ?? join('runs', `peers_${result.date.slice(0, 19).replace('T', '_').replaceAll(':', '-')}`);
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'peers.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.log(printable(result));
    const drawn = await writePictures(out, { peers: peerBars(result) }, options.browser);
    console.log(`written to ${out}: ${['peers.json', ...drawn].join(', ')}`);
    return 0;
  } catch (error) {
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

/** Which tables: training is compared in two forms, and a table that nobody can fill is left out. */
function tasksOf({ what, only }: Options): Task[] {
  const wanted = what.flatMap((one): Task[] => (one === 'forward' ? ['forward'] : ['train', 'gradients']));
  const tasks = wanted.filter((task) => only.some((name) => CONTENDERS[name].tasks.includes(task)));
  if (tasks.length > 0) return tasks;
  throw new ValueError('bench peers', `none of ${only.join(', ')} can do it`, what.join(', '));
}

async function bench(options: Options, args: readonly string[]): Promise<Result> {
  const tasks = tasksOf(options);
  const [{ openPage }, { measure }] = await Promise.all([import('./browser'), import('./measure')]);
  const say = (sentence: string): void => console.error(sentence);
  const { page, browser, close } = await openPage(options);
  try {
    const { adapter, opening } = await openAll(page, options.only);
    const software = /swiftshader|llvmpipe|lavapipe|software|\bcpu\b/i.test(adapter);
    say(`${browser}, WebGPU adapter: ${adapter}`);
    const { only: names, batch, size, rounds = software ? 5 : 30, warmups = software ? 1 : 10 } = options;
    const tables: Table[] = [];
    for (const task of tasks) {
      const plan = { task, names, batch, size, rounds, warmups, opening, version: VERSION, say };
      tables.push(await measure(page, plan));
    }
    return {
      command: ['npm run bench -- peers', ...args].join(' '),
      date: new Date().toISOString(),
      browser,
      adapter,
      software,
      machine: machineName(),
      batch,
      size,
      rounds,
      warmups,
      tables,
    };
  } finally {
    await close();
  }
}

async function openAll(page: PageFace, names: readonly Name[]) {
  const opening = new Map<Name, number>();
  const adapters = new Set<string>();
  for (const name of names) {
    const { milliseconds, adapter } = await page.open(name);
    opening.set(name, milliseconds);
    adapters.add(adapter);
  }
  const [adapter = ''] = adapters;
  if (adapters.size === 1) return { adapter, opening };
  throw new EngineError('bench peers', 'all must compute on one adapter', [...adapters].join(' and '));
}

function machineName(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown processor'}`;
}
