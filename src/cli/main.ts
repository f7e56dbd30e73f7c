import { EngineError } from '../core/errors';
import { parseOptions } from './options';

/** Runs the command line and gives its exit code: 0, 1 for an error, 130 after Ctrl-C. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) return 0;
    // Not above: help must not wait for browser and bundler.
    const { run } = await import('./run');
    return await run(options);
  } catch (error) {
    // These say what to do; of others, which nobody expected, a stack is worth more than a sentence.
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}
