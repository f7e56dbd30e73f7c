// The command line of `npm run bench -- fashion`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { fraction, whole } from '../../src/cli/option_values';
import { EngineError } from '../../src/core/errors';
import { openEngine } from '../../src/gpu/engine';
import { printed, tableData } from '../../src/text/table';
import { dawnVersion, findAdapter, installDawn, openDawn } from '../dawn/dawn';
import { adapterOf } from '../jobs/context';
import { originLines } from '../report/origin';
import { writeFolders } from './folders';
import { trainAll, type Run } from './train';

interface Flags {
  readonly learn: number;
  readonly judge: number;
  readonly steps: number;
  readonly seeds: number;
  readonly rate?: number;
  readonly python: string;
  readonly out: string;
}

/** What pytorch.py prints. */
interface Theirs {
  readonly version: string;
  readonly runs: readonly {
    readonly losses: readonly number[];
    readonly double: readonly number[];
    readonly accuracy: number;
  }[];
}

/** Steps whose losses are compared. With the preset's own rate float32 and float64 part after ten, in PyTorch too. */
const LOSSES = 50;

/** Runs the command line and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const option = (flags: string, text: string, most: number): Option =>
    new Option(flags, text).argParser(whole(flags.split(' ')[0] ?? '', 1, most));
  try {
    await new Command('npm run bench -- fashion')
      .description('Trains the preset small on Fashion-MNIST, in Node on Dawn, and the same in PyTorch.')
      .argument('<folder>', 'with the four .gz files of Fashion-MNIST')
      .addOption(option('--learn <n>', 'pictures of each class to learn from', 6000).default(200))
      .addOption(option('--judge <n>', 'pictures of each class that judge', 1000).default(100))
      .addOption(option('--steps <n>', 'training steps of each run', 1e5).default(300))
      .addOption(option('--seeds <n>', 'runs, from the seeds 0, 1 and so on', 100).default(3))
      .option('--rate <x>', "learning rate (default: the preset's)", fraction('--rate', 10))
      .option('--python <path>', 'one that has torch', 'python3')
      .option('--out <folder>', 'where pictures, images, weights and results go', 'runs/fashion')
      .allowExcessArguments(false)
      .exitOverride()
      .action((folder: string, flags: Flags) =>
        bench(folder, flags, `npm run bench -- fashion ${args.join(' ')}`),
      )
      .parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

async function bench(source: string, flags: Flags, command: string): Promise<void> {
  const { learn, judge, steps, seeds, rate, python, out } = flags;
  const pictures = join(out, 'pictures');
  mkdirSync(out, { recursive: true });
  await writeFolders(source, pictures, { train: learn, val: judge });
  await installDawn();
  const engine = await openEngine({ adapter: await findAdapter(await openDawn()) });
  const { runs } = await trainAll(engine, pictures, out, { steps, rate, seeds: [...Array(seeds).keys()] });
  console.error('the same in PyTorch');
  const script = fileURLToPath(new URL('pytorch.py', import.meta.url));
  const theirs = JSON.parse(execFileSync(python, [script, out], { encoding: 'utf8' })) as Theirs;
  const rows = runs.map((run, at) => compare(run, theirs.runs[at] as Theirs['runs'][number]));
  const origin = {
    adapter: adapterOf(engine),
    runtime: `${dawnVersion()}; PyTorch ${theirs.version}`,
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    command,
  };
  engine.destroy();
  const mean = (of: (row: Row) => number): string =>
    percent(rows.reduce((sum, row) => sum + of(row), 0) / rows.length);
  const text = printed([
    originLines(origin),
    `Accuracy of ${10 * judge} held-out pictures; losses of ${Math.min(steps, LOSSES)} steps: largest relative difference`,
    tableData<Row>(
      [
        { title: 'seed', of: ({ seed }) => `${seed}` },
        { title: 'accuracy', of: ({ accuracy }) => percent(accuracy) },
        { title: "PyTorch's", of: ({ theirs }) => percent(theirs) },
        { title: 'losses apart', of: ({ apart }) => apart.toExponential(1) },
        { title: 'from float64', of: ({ double }) => double.toExponential(1) },
        { title: "PyTorch's", of: ({ drift }) => drift.toExponential(1) },
      ],
      rows,
    ),
    `mean accuracy ${mean((row) => row.accuracy)}, PyTorch's ${mean((row) => row.theirs)}`,
  ]);
  console.log(text);
  writeFileSync(
    join(out, 'fashion.json'),
    `${JSON.stringify({ ...origin, rows, runs, theirs }, undefined, 2)}\n`,
  );
}

interface Row {
  readonly seed: number;
  readonly accuracy: number;
  readonly theirs: number;
  /** Losses from PyTorch's, from its in float64, and these from each other. */
  readonly apart: number;
  readonly double: number;
  readonly drift: number;
}

const compare = ({ seed, losses, accuracy }: Run, theirs: Theirs['runs'][number]): Row => ({
  seed,
  accuracy,
  theirs: theirs.accuracy,
  apart: largest(losses, theirs.losses),
  double: largest(losses, theirs.double),
  drift: largest(theirs.losses, theirs.double),
});

const largest = (ours: readonly number[], others: readonly number[]): number =>
  Math.max(...ours.slice(0, LOSSES).map((loss, at) => Math.abs(loss / (others[at] ?? NaN) - 1)));

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
