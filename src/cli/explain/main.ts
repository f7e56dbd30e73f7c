import { command } from '../command';
import { parseExplainOptions } from './options';

/** Runs the command line and gives its exit code: 0, 1 for an error or a picture that cannot be read, 130 after Ctrl-C. */
export const main = command(parseExplainOptions, () => import('./run'));
