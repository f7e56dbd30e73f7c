import { Command } from 'commander';
import { ValueError } from '../../core/errors';
import { withHost, type Answering } from '../host_options';
import { fraction, parseCommand, whole } from '../option_values';
import { VERSION } from '../version';

export interface BenchOptions extends Answering {
  /** Images at once. */
  readonly batch: readonly number[];
  readonly size: number;
  readonly width: number;
  /** Of which the median counts. */
  readonly rounds: number;
}

const EXAMPLES = `
Examples:
  npx inception-webgpu bench                            the network of the paper, 1 image and 8 at once
  npx inception-webgpu bench --batch 1,8,32 --rounds 9
  npx inception-webgpu bench --size 80 --width 1/8      the preset small
  npx inception-webgpu bench --json > speed.jsonl       a line of JSON for each measurement

Images and weights are random, the optimizer is SGD with momentum, and the median of the rounds counts; the first round,
in which kernels are compiled, does not.
`;

/** Reads whole numbers with commas between. */
const batches = (given: string): number[] => {
  const found = given.split(',').map(whole('--batch', 1, 1024));
  if (new Set(found).size < found.length) throw new ValueError('--batch', 'names one twice', `"${given}"`);
  return found;
};

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions | undefined {
  const command = new Command('npx inception-webgpu bench')
    .description('Measures how fast Inception v1 classifies and learns on this GPU.')
    .option('--batch <list>', 'images at once', batches, [1, 8])
    .option('--size <pixels>', 'side of the images', whole('--size', 65, 1024), 224)
    .option('--width <x>', "share of each layer's channels, such as 1/4", fraction('--width', 4), 1)
    .option('--rounds <n>', 'of which the median counts', whole('--rounds', 1, 1000), 5)
    .option('--json', 'a line of JSON for each measurement')
    .option('--quiet', 'print no progress')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  withHost(command, 'measure');
  if (!parseCommand(command, args)) return undefined;
  return { json: false, quiet: false, ...command.opts<Omit<BenchOptions, 'json' | 'quiet'>>() };
}
