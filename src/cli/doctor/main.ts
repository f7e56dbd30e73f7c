import { EngineError } from '../../core/errors';
import { parseDoctorOptions } from './options';

/** Runs the command line and gives its exit code: 0, 1 if the GPU is wrong or cannot be checked, 130 after Ctrl-C. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseDoctorOptions(args);
    if (options === undefined) return 0;
    // Not above: help must not wait for browser and bundler.
    const { run } = await import('./run');
    return await run(options);
  } catch (error) {
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}
