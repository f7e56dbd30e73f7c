import { shown } from '../core/check';
import { ValueError } from '../core/errors';
import type { Rules } from '../core/options';
import type { Rule } from '../core/rules';

/** Red, green, blue, each as a share of 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** How an op normalises colours: (colour - mean) / deviation. */
interface Colours {
  readonly mean?: Rgb;
  readonly deviation?: Rgb;
}

/** Callers without types may give fewer than 3, or no array. */
const three =
  (what: string, fits: (value: number) => boolean): Rule =>
  (where, name, value) => {
    const values = Array.isArray(value) ? Array.from(value as readonly number[]) : [];
    if (values.length === 3 && values.every((each) => fits(each))) return;
    const got = values.length > 0 ? `[${values.join(', ')}]` : shown(value);
    throw new ValueError(where, `${name} must be 3 ${what}`, got);
  };

/** Rules for the attributes `mean` and `deviation`. */
export const COLOURS: Rules<Colours> = {
  mean: three('finite numbers', Number.isFinite),
  deviation: three('numbers above 0', (value) => Number.isFinite(value) && value > 0),
};

/** The fields of `Params` by which a kernel normalises bytes: y = (byte - centre) * scale, for each colour. */
export function normalising({ mean = [0, 0, 0], deviation = [1, 1, 1] }: Colours) {
  return {
    scale_r: 1 / (255 * deviation[0]),
    scale_g: 1 / (255 * deviation[1]),
    scale_b: 1 / (255 * deviation[2]),
    centre_r: 255 * mean[0],
    centre_g: 255 * mean[1],
    centre_b: 255 * mean[2],
  };
}
