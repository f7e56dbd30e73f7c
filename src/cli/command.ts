import { EngineError } from '../core/errors';

/**
 * A command line's `main`: parses the arguments, runs what they ask for, and gives the exit code, 1 for an error.
 * @param parse undefined once help or the version is printed
 * @param load imported only then, for help must not wait for browser and bundler
 */
export function command<O>(
  parse: (args: readonly string[]) => O | undefined,
  load: () => Promise<{ readonly run: (options: O) => Promise<number> }>,
): (args: readonly string[]) => Promise<number> {
  return async (args) => {
    try {
      const options = parse(args);
      if (options === undefined) return 0;
      const { run } = await load();
      return await run(options);
    } catch (error) {
      // These say what to do; of others, which nobody expected, a stack is worth more than a sentence.
      console.error(error instanceof EngineError ? error.message : error);
      return 1;
    }
  };
}
