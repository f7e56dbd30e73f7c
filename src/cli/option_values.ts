import { CommanderError, type Command } from 'commander';
import { ValueError } from '../core/errors';
import { CROP_COUNTS, type CropCount } from '../data/evaluation_crops';
import { withConfig } from './config_file';
import { requireOnce, requirePassed, withName } from './option_names';

/** Reads a whole number in a range. */
export function whole(name: string, least: number, most: number): (given: string) => number {
  return (given) => {
    const number = /^\d+$/.test(given) ? Number(given) : NaN;
    if (number >= least && number <= most) return number;
    throw new ValueError(name, `must be a whole number from ${least} to ${most}`, quote(given));
  };
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number as 0.25, 1e-3 or 1/4; NaN for anything else. */
function quotient(given: string): number {
  const parts = given.split('/').map((part) => (DECIMAL.test(part) ? Number(part) : NaN));
  const [above = NaN, below = 1] = parts;
  return parts.length <= 2 ? above / below : NaN;
}

/** The same, or 20%. */
const ratio = (given: string): number => quotient(given.replace(/^([\d.]+)%$/, '$1/100'));

/** Reads a number above 0, as 0.25, 1e-3 or 1/4; one that rounds to 0 as a float32 is none. */
export function fraction(name: string, most: number): (given: string) => number {
  return (given) => {
    const number = quotient(given);
    if (Math.fround(number) > 0 && number <= most) return number;
    const problem = `must be a number above 0, at most ${most}, such as 0.25 or 1/4`;
    throw new ValueError(name, problem, quote(given));
  };
}

/** The same, or 0. */
export function orZero(name: string, most: number): (given: string) => number {
  return (given) => (quotient(given) === 0 ? 0 : fraction(name, most)(given));
}

/** Reads PATTERN=x: a factor on the rate of the variables that the pattern names. */
export function rateOf(
  name: string,
): (given: string) => { readonly match: string; readonly rateScale: number } {
  return (given) => {
    const [, match = '', factor = ''] = /^(.+)=([^=]+)$/.exec(given) ?? [];
    if (match !== '') return { match, rateScale: orZero(name, 1000)(factor) };
    throw new ValueError(name, 'must be a pattern and a factor, such as linear5.*=10', quote(given));
  };
}

/** Reads a whole number from 1 on, or a share below 1, as 0.2, 1/5 or 20%. */
export function countOrShare(name: string, most: number): (given: string) => number {
  return (given) => {
    const number = ratio(given);
    const isCount = Number.isInteger(number) && number >= 1 && number <= most;
    if (isCount || (number > 0 && number < 1)) return number;
    const problem = `must be a whole number from 1 to ${most}, or a share such as 0.2 or 20%`;
    throw new ValueError(name, problem, quote(given));
  };
}

/** Reads a share, as 0.95, 95% or 19/20. @param range what `fits` says, in words */
export function share(
  name: string,
  fits: (given: number) => boolean,
  range: string,
): (given: string) => number {
  return (given) => {
    const number = ratio(given);
    if (number >= 0 && number <= 1 && fits(number)) return number;
    throw new ValueError(name, `must be a share ${range}, such as 0.05 or 5%`, quote(given));
  };
}

/** Reads an amount of memory, as 2GB, 1.5 GiB or 512MB, in bytes. */
export function memory(name: string): (given: string) => number {
  return (given) => {
    const [, amount = '', prefix = '', binary] = /^([\d.]+) ?([kmg])(i?)b$/i.exec(given) ?? [];
    const unit = (binary ? 1024 : 1000) ** (1 + 'kmg'.indexOf(prefix.toLowerCase()));
    const bytes = DECIMAL.test(amount) ? Math.floor(Number(amount) * unit) : NaN;
    if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
    throw new ValueError(name, `must be an amount such as 2GB, 512MB or 1.5GiB`, quote(given));
  };
}

/** Reads one of some names. */
export function choice(name: string, allowed: readonly string[]): (given: string) => string {
  return (given) => {
    if (allowed.includes(given)) return given;
    throw new ValueError(name, `must be one of ${allowed.join(', ')}`, quote(given));
  };
}

/** Of an option that may be given several times. */
export const each =
  <T>(read: (given: string) => T) =>
  (given: string, before: readonly T[] = []): readonly T[] => [...before, read(given)];

/** What `--crops` says of itself. */
export const CROPS = 'parts of each whose mean counts: 1, the centre; 10; 144, as in the paper';

/** Reads a number of crops. */
export const crops = (given: string): CropCount =>
  Number(choice('--crops', CROP_COUNTS.map(String))(given)) as CropCount;

/** Reads anything but nothing. */
export function filled(name: string, what: string): (given: string) => string {
  return (given) => {
    if (given.trim() === '') throw new ValueError(name, `must name ${what}`, 'nothing');
    if (given.startsWith('--')) throw new ValueError(name, `must name ${what}`, `the option ${given}`);
    return given;
  };
}

const quote = (given: string): string => (given === '' ? 'nothing' : `"${given}"`);

/**
 * Reads a command line; false where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseCommand(command: Command, args: readonly string[]): boolean {
  command
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    requirePassed(command, process.env);
    requireOnce(command, args);
    command.parse(withConfig(command, args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    const [problem, got] =
      error.code === 'commander.excessArguments'
        ? ['a word that belongs to no option', quote(command.args.join(' '))]
        : [withName(message, command)];
    throw new ValueError('options', problem, got, '--help lists them all', { cause: error });
  }
  return true;
}
