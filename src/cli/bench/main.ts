import { command } from '../command';
import { parseBenchOptions } from './options';

/** Runs the command line and gives its exit code: 0, 1 for an error, 130 after Ctrl-C. */
export const main = command(parseBenchOptions, () => import('./run'));
