import { writeFileSync } from 'node:fs';
import { EngineError } from '../../src/core/errors';
import { parseOptions } from './options';

/** Runs `bench isa` and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) return 0;
    const { file, out } = options;
    const figures =
      file === undefined
        ? await (await import('./network_report')).reportNetwork(options)
        : await (await import('./file_report')).reportFile(options, file);
    if (out !== undefined) writeFileSync(out, `${JSON.stringify(figures, undefined, 2)}\n`);
    return 0;
  } catch (error) {
    // These say what to do; of others, which nobody expected, a stack is worth more than a sentence.
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}
