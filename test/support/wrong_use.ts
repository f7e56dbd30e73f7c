import { EngineError } from '../../src/core/errors';

/** What stands where something else is wanted. */
export const WRONG: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  'a number': 7.5,
  'a text': 'nonsense',
  '{}': {},
  '[]': [],
};

/** A public function or method, and how it is called rightly. */
export interface Use {
  readonly args: () => readonly unknown[];
  readonly call: (...args: never[]) => unknown;
  /** What it may be given in an argument's place all the same: `undefined`, where there is a default. */
  readonly takes?: Readonly<Record<number, readonly string[]>>;
  /** Numbers of the arguments whose options are checked by name. */
  readonly options?: readonly number[];
  /** How its messages begin. Default: with its name. */
  readonly where?: RegExp;
}

export interface Misuse {
  /** `name, argument: what was said`, of calls that were not refused in words that begin with where. */
  readonly wrong: readonly string[];
  /** By name: rows for the wrong type, and for an unknown option. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

/** Calls each with one argument at a time of the wrong type, and with an option that nobody knows. */
export async function useWrongly(uses: Readonly<Record<string, Use>>): Promise<Misuse> {
  const wrong: string[] = [];
  const rows: Record<string, readonly [number, number]> = {};
  for (const [name, { args, call, takes = {}, options = [], where }] of Object.entries(uses)) {
    const start = where ?? new RegExp(`^${name}`);
    const use = call as (...given: unknown[]) => unknown;
    const count = args().length;
    const attempt = async (what: string, given: readonly unknown[], said?: RegExp): Promise<void> => {
      try {
        await use(...given);
        wrong.push(`${name}, ${what}: no error`);
      } catch (error) {
        const { message } = error as Error;
        const isGood =
          error instanceof EngineError &&
          start.test(error.where) &&
          message.startsWith(`${error.where}: `) &&
          !/undefined|\[object/.test(message) &&
          (said?.test(message) ?? true);
        if (!isGood) wrong.push(`${name}, ${what}: ${String(error)}`);
      }
    };
    let types = 0;
    for (let position = 0; position < count; position++) {
      for (const [what, value] of Object.entries(WRONG)) {
        if (takes[position]?.includes(what)) continue;
        types++;
        await attempt(`argument ${position} is ${what}`, args().with(position, value));
      }
    }
    for (const position of options) {
      const given = args();
      const more = { ...(given[position] as object), nonsense: 1 };
      await attempt(
        `argument ${position} has an option`,
        given.with(position, more),
        /has no such option; got nonsense; (did you mean|there is none)/,
      );
    }
    rows[name] = [types, options.length];
  }
  return { wrong, rows };
}
