import { Command } from 'commander';
import { filled, parseCommand } from '../option_values';
import { VERSION } from '../version';

export interface CompareOptions {
  /** Folders of runs. */
  readonly runs: readonly string[];
  /** The page. */
  readonly out: string;
  readonly overwrite: boolean;
  /** A line of JSON for each run, in place of a table and a page. */
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  npx inception-webgpu compare runs/first runs/second               a table, and compare.html with both curves
  npx inception-webgpu compare runs/* --out runs.html
  npx inception-webgpu compare runs/first runs/second --json        a line of JSON for each run

Runs may be of other pictures, or still under way.
`;

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseCompareOptions(args: readonly string[]): CompareOptions | undefined {
  const command = new Command('npx inception-webgpu compare')
    .description('Lays runs over each other: losses, held-out accuracy, speed, and the settings that differ.')
    .argument('<run...>', 'the folders of two runs to six')
    .option('--out <file>', 'the page', filled('--out', 'a file'), 'compare.html')
    .option('--overwrite', 'let --out name a file that is there')
    .option('--json', 'a line of JSON for each run, and no page')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  if (!parseCommand(command, args)) return undefined;
  return { runs: command.args, json: false, overwrite: false, ...command.opts<{ readonly out: string }>() };
}
