// The command line of `npm run bench -- memory`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { EngineError, ValueError } from '../../src/core/errors';
import { TARGETS } from '../../src/core/targets';
import { describePlan } from '../../src/graph/memory/describe';
import { choice, whole } from '../../src/cli/option_values';
import { originLines, type Origin } from '../report/origin';
import { MODES, planNetwork, type MemoryRow, type Mode, type TargetName } from './networks';
import { memoryPicture } from './picture';
import { memoryData, memoryTable, usesTable } from './report';

interface Flags {
  readonly batches: number[];
  readonly mode: Mode[];
  readonly target: TargetName;
  readonly out?: string;
  readonly browser?: string;
  readonly pictures: boolean;
}

const NAMES = { infer: 'Inference', train: 'Training step' } as const;

/** Runs the command line and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await describe(args).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

function describe(args: readonly string[]): Command {
  const option = (flags: string, text: string, parse: (given: string) => unknown): Option =>
    new Option(flags, text).argParser(parse);
  return new Command('npm run bench -- memory')
    .description(
      'Memory of the Table 1 network as it is planned, beside what no plan can do without. Needs no GPU.',
    )
    .addOption(
      option('--batches <list>', 'pictures per run', list('--batches', whole('--batches', 1, 1024))).default(
        [1, 8, 32],
        '1,8,32',
      ),
    )
    .addOption(
      option('--mode <list>', `of ${MODES.join(', ')}`, list('--mode', choice('--mode', MODES))).default(
        [...MODES],
        MODES.join(','),
      ),
    )
    .addOption(
      option(
        '--target <name>',
        `whose kernels: ${Object.keys(TARGETS).join(' or ')}`,
        choice('--target', Object.keys(TARGETS)),
      ).default('gpu'),
    )
    .option('--out <folder>', 'where tables and pictures go (default: runs/memory_<date>_<time>)')
    .option('--browser <path>', 'Chrome or Chromium, to draw pictures (default: found, else installed)')
    .option('--no-pictures', 'only text and JSON')
    .allowExcessArguments(false)
    .exitOverride()
    .action((flags: Flags) => benchMemory(flags, `npm run bench -- memory ${args.join(' ')}`.trim()));
}

async function benchMemory(flags: Flags, command: string): Promise<void> {
  const { batches, mode: modes, target, browser } = flags;
  const now = new Date().toISOString();
  const origin: Origin = {
    adapter: {
      name: `no adapter, kernels as chosen for ${target === 'gpu' ? 'a GPU' : target}`,
      software: false,
    },
    runtime: `Node ${process.versions.node}`,
    date: `${now.slice(0, 16).replace('T', ' ')} UTC`,
    command,
  };
  const rows = modes.flatMap((mode) => batches.map((batch) => planNetwork(mode, batch, target)));
  const described = rows.map((row) => `${nameOf(row)}\n${describePlan(row.memory.plan)}`);
  const text = [originLines(origin), memoryTable(rows), usesTable(rows)].join('\n\n');
  console.log(text);

  const folder =
    flags.out ?? join('runs', `memory_${now.slice(0, 19).replace('T', '_').replaceAll(':', '-')}`);
  mkdirSync(folder, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'memory.json': `${JSON.stringify({ ...origin, rows: rows.map(memoryData) }, undefined, 2)}\n`,
    'memory.txt': `${[text, ...described].join('\n\n\n')}\n`,
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  let drawn: readonly string[] = [];
  if (flags.pictures) {
    const { writePictures } = await import('../report/picture');
    const pictures = rows.map((row) => [
      `${row.mode}_${row.batch}`,
      memoryPicture(origin, nameOf(row), row.memory.plan),
    ]);
    drawn = await writePictures(folder, Object.fromEntries(pictures) as never, browser);
  }
  console.log(`\nwritten to ${folder}: ${[...Object.keys(files), ...drawn].join(', ')}`);
}

const nameOf = ({ mode, batch }: MemoryRow): string => `${NAMES[mode]} of ${batch}, 224 x 224`;

function list<T>(name: string, parse: (given: string) => T): (given: string) => T[] {
  return (given) => {
    const parts = given.split(',').filter((part) => part !== '');
    if (parts.length === 0) throw new ValueError(name, 'needs at least one', 'nothing');
    return parts.map(parse);
  };
}
