import { Command, CommanderError, Option } from 'commander';
import { ValueError } from '../../src/core/errors';
import { whole } from '../../src/cli/option_values';
import { NAMES, type Name } from './contenders';

const WHAT = ['forward', 'train'] as const;
export type What = (typeof WHAT)[number];

export interface Options {
  readonly only: readonly Name[];
  readonly what: readonly What[];
  readonly batch: number;
  readonly size: number;
  /** Timed rounds and untimed ones before them; default: by the adapter. */
  readonly rounds?: number;
  readonly warmups?: number;
  /** The browser's executable; default: one is found or installed. */
  readonly browser?: string;
  /** Output folder; default: one named after the date. */
  readonly out?: string;
  readonly headed: boolean;
}

const HELP = `
Every run goes from images in memory to scores, or to the loss, in memory. 'train' is two tables: beside TensorFlow.js
a whole step with auxiliary classifiers and momentum, beside jax-js loss and gradients of the main classifier alone.
Outputs, losses and gradients are compared before anything is timed. The first call installs the peers' packages.

Examples:
  npm run bench -- peers
  npm run bench -- peers --only ours,jax-js --what forward --rounds 10
  npm run bench -- peers --batch 8 --what train --out runs/peers
`;

/** Reads names separated by commas. */
function list<T extends string>(name: string, allowed: readonly T[]): (given: string) => T[] {
  return (given) => {
    const names = given.split(',').map((part) => part.trim());
    const unknown = names.find((part) => !allowed.some((one) => one === part));
    if (unknown !== undefined) {
      throw new ValueError(
        name,
        `must be one or more of ${allowed.join(', ')}, separated by commas`,
        `"${unknown}"`,
      );
    }
    return allowed.filter((one) => names.includes(one));
  };
}

function describe(): Command {
  const option = (flags: string, text: string, parse: (given: string) => unknown): Option =>
    new Option(flags, text).argParser(parse);
  return new Command('npm run bench -- peers')
    .description(
      'Times GoogLeNet beside TensorFlow.js, ONNX Runtime Web and jax-js, on WebGPU in one browser.',
    )
    .addOption(
      option('--only <names>', `some of ${NAMES.join(', ')}`, list('--only', NAMES)).default(NAMES, 'all'),
    )
    .addOption(
      option('--what <names>', `some of ${WHAT.join(', ')}`, list('--what', WHAT)).default(WHAT, 'both'),
    )
    .addOption(option('--batch <n>', 'images per run', whole('--batch', 1, 256)).default(1))
    .addOption(option('--size <pixels>', 'side of the images', whole('--size', 65, 1024)).default(224))
    .addOption(
      option('--rounds <n>', 'timed rounds (default: 30 on a GPU, else 5)', whole('--rounds', 1, 10_000)),
    )
    .addOption(
      option(
        '--warmups <n>',
        'untimed rounds before (default: 10 on a GPU, else 1)',
        whole('--warmups', 1, 1000),
      ),
    )
    .option('--out <folder>', 'where results go (default: runs/peers_<date>_<time>)')
    .option('--browser <path>', 'Chrome or Chromium (default: found, else installed)')
    .option('--headed', 'show the browser window')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
}

type Raw = Omit<Options, 'headed'> & { readonly headed?: boolean };

/**
 * What the command line asks for; undefined where it asked for help, which is then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const command = describe();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    throw new ValueError('bench peers', message, undefined, '--help lists all options', { cause: error });
  }
  const { headed = false, ...rest } = command.opts<Raw>();
  return { ...rest, headed };
}
