import { command } from '../command';
import { parseCompareOptions } from './options';

/** Runs the command line and gives its exit code: 0, 1 for an error. */
export const main = command(parseCompareOptions, () => import('./run'));
