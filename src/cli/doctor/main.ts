import { command } from '../command';
import { parseDoctorOptions } from './options';

/** Runs the command line and gives its exit code: 0, 1 if the GPU is wrong or cannot be checked, 130 after Ctrl-C. */
export const main = command(parseDoctorOptions, () => import('./run'));
