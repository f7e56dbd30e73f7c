import { requireRecord } from './check';
import { ValueError } from './errors';
import type { Needed, Rule } from './rules';

/**
 * A rule for each option of an interface, beside which it stands: the compiler refuses a table that lacks one, or knows one
 * that the interface does not have, or leaves out `needed` where the interface has no `?`.
 */
export type Rules<O> = {
  readonly [K in keyof O]-?: Partial<Pick<O, K>> extends Pick<O, K> ? Rule : Needed;
};

/**
 * Options as a public function may have them; one that is undefined counts as left out.
 * @param where what errors begin with, such as the name of the layer
 * @param options as they were given
 * @param rules what each may be: `{ size: is.needed(is.whole(1)), alpha: is.number({ least: 0 }) }`
 * @throws {ValueError} for options that are no object, one that nobody knows (with the nearest that there is), one that is
 * missing, or one that its rule refuses
 */
export function checkOptions<O extends object>(
  where: string,
  options: unknown,
  rules: Rules<O>,
): asserts options is O {
  const list = Object.entries<Rule>(rules);
  requireRecord(
    where,
    'its options',
    options,
    list.flatMap(([name, { needed }]) => (needed ? [name] : [])),
  );
  const given = options as Readonly<Record<string, unknown>>;
  requireKnown(where, given, Object.keys(rules));
  for (const [name, rule] of list) {
    if (given[name] === undefined) continue;
    const found = (rule as (...given: unknown[]) => unknown)(where, name, given[name]);
    if (typeof found === 'function')
      throw new ValueError(where, `the rule for ${name} is none yet`, undefined, 'call it: is.number()');
  }
}

/** An object with options of its own, which are named `name.option`. */
export const group =
  <O extends object>(rules: Rules<O>): Rule =>
  (where, name, value) =>
    checkOptions<O>(`${where}: ${name}`, value, rules);
/** What other libraries call it. */
const SYNONYMS: Readonly<Record<string, string | undefined>> = {
  lr: 'rate',
  learningrate: 'rate',
  eps: 'epsilon',
  epochs: 'steps',
  freeze: 'groups',
  batchsize: 'batch',
  imagesize: 'inputSize',
};

/** @throws {ValueError} naming a field that nobody knows, and the known one that is most like it */
export function requireKnown(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ValueError(where, 'has no such option', unknown, nearestOf(unknown, known));
}

/** Advice for a name that nobody knows: the known one that is most like it, and all of them. */
export function nearestOf(unknown: string, known: readonly string[]): string {
  // Of names equally near, one that begins alike.
  const far = (name: string): number => edits(unknown, name) - (name[0] === unknown[0] ? 0.5 : 0);
  const same = SYNONYMS[unknown.toLowerCase().replaceAll('_', '')];
  const [first] = known.toSorted((a, b) => far(a) - far(b));
  const nearest = known.find((name) => name === same) ?? first;
  return nearest === undefined ? 'there is none' : `did you mean ${nearest}? There are ${known.join(', ')}`;
}

/** Letters to change, add or leave out to make one word of another, whatever their case (Levenshtein 1966). */
function edits(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const change = (row[j] as number) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(change, (next[j] as number) + 1, (row[j + 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
