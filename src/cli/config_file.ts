import { readFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { messageOf, shown } from '../core/check';
import { ValueError } from '../core/errors';
import { nearestOf } from '../core/options';

const WHERE = '--config';

/**
 * Arguments with those of a settings file before them: `--config FILE` names one, JSON whose every key is an option's name
 * without its dashes, as `{ "steps": 300, "exclude": ["forward quad 16x32"], "tune": false }`. What the command line gives
 * itself counts.
 * @throws {ValueError} for a file that is no such thing, or a key that is no option
 */
export function withConfig({ options }: Command, args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => /^--config(=|$)/.test(arg));
  if (at < 0 || !options.some(({ long }) => long === WHERE)) return args;
  const [, inline] = /^--config=(.*)$/s.exec(args[at] ?? '') ?? [];
  const file = inline ?? args[at + 1] ?? '';
  const rest = args.toSpliced(at, inline === undefined ? 2 : 1);
  const settings = Object.entries(read(file));
  const given = (name: string): boolean =>
    rest.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const longs = options.flatMap(({ long }) => (long ? [long.slice(2)] : []));
  const unknown = settings.find(([name]) => !longs.includes(name) || name === 'config');
  if (unknown)
    throw new ValueError(file, 'has a key that is no option', unknown[0], nearestOf(unknown[0], longs));
  const own = settings.filter(([name]) => !given(name) && !given(`no-${name}`));
  const found = own.flatMap(([name, value]) => argumentsOf(file, name, value, options));
  return [...found, ...rest];
}

function read(file: string): Readonly<Record<string, unknown>> {
  const advice = 'name a file of JSON such as { "steps": 300 }';
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ValueError(WHERE, 'cannot be read', `${file} (${messageOf(cause)})`, advice, { cause });
  }
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given };
  throw new ValueError(WHERE, 'must hold an object', shown(given), advice);
}

function argumentsOf(file: string, name: string, value: unknown, options: readonly Option[]): string[] {
  if (value === true) return [`--${name}`];
  if (value === false) return options.some(({ long }) => long === `--no-${name}`) ? [`--no-${name}`] : [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = values.map((each) => {
    if (typeof each === 'string' || typeof each === 'number') return `--${name}=${each}`;
    throw new ValueError(file, `${name} must be a text, a number, true or false`, shown(each));
  });
  return texts;
}
