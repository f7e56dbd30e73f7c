import { Command } from 'commander';
import { filled, parseCommand } from '../option_values';
import { VERSION } from '../version';

export interface DoctorOptions {
  /** The browser's executable; default: one is found or installed. */
  readonly browser?: string;
  readonly headed: boolean;
  /** Only the checks of this op. */
  readonly only?: string;
}

const EXAMPLES = `
Examples:
  npm run doctor                                  is this GPU right?
  npm run doctor -- --headed                      the same in a window, which stays open
  npm run doctor -- --only max_pool               one op, in a few seconds
  npm run --silent doctor > report.txt            text for a bug report

Prints what it found; the exit code is 0 if all is right, 1 if something is wrong, 130 after Ctrl-C.
`;

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseDoctorOptions(args: readonly string[]): DoctorOptions | undefined {
  const command = new Command('npm run doctor --')
    .description(
      'Runs every kernel and a small network, forward and backward, on this GPU, compares the numbers with committed ' +
        'ones, and says which op, kernel and direction is wrong, and by how much.',
    )
    .option(
      '--browser <path>',
      'Chrome or Chromium (default: found, else installed)',
      filled('--browser', 'a path'),
    )
    .option('--headed', 'show the browser window, which stays open at the end')
    .option('--only <op>', 'check this op alone, or the update or the network', filled('--only', 'an op'))
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  if (!parseCommand(command, args)) return undefined;
  return { headed: false, ...command.opts<Partial<DoctorOptions>>() };
}
