import { ValueError } from '../core/errors';

/** Reads a whole number in a range. */
export function whole(name: string, least: number, most: number): (given: string) => number {
  return (given) => {
    const number = /^\d+$/.test(given) ? Number(given) : NaN;
    if (number >= least && number <= most) return number;
    throw new ValueError(name, `must be a whole number from ${least} to ${most}`, quote(given));
  };
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads a number above 0, as 0.25, 1e-3 or 1/4. */
export function fraction(name: string, most: number): (given: string) => number {
  return (given) => {
    const parts = given.split('/').map((part) => (DECIMAL.test(part) ? Number(part) : NaN));
    const [above = NaN, below = 1] = parts;
    const number = above / below;
    if (parts.length <= 2 && number > 0 && number <= most) return number;
    throw new ValueError(
      name,
      `must be a number above 0, at most ${most}, such as 0.25 or 1/4`,
      quote(given),
    );
  };
}

/** Reads one of some names. */
export function choice(name: string, allowed: readonly string[]): (given: string) => string {
  return (given) => {
    if (allowed.includes(given)) return given;
    throw new ValueError(name, `must be one of ${allowed.join(', ')}`, quote(given));
  };
}

const quote = (given: string): string => (given === '' ? 'nothing' : `"${given}"`);
