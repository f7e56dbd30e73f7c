import { requireArray, requireOneOf, shown } from '../core/check';
import { ValueError } from '../core/errors';
import type { Rules } from '../core/options';
import * as is from '../core/rules';
import { INTERPOLATIONS } from '../ops/crop_table';
import type { Interpolation } from './crop_numbers';

/** Two numbers, between which others lie. */
export type NumberRange = readonly [least: number, most: number];

/**
 * How pictures are changed at random, so that a network learns what matters. Defaults are those of GoogLeNet's paper, where it
 * says them: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 6.
 */
export interface Recipe {
  /**
   * Share of the picture's area that the rectangle has, uniform. `false`: the rectangle is as large as its aspect allows, and
   * lies in the centre. Default [0.08, 1], as in the paper.
   */
  readonly area?: NumberRange | false;
  /**
   * Width / height of the rectangle; its logarithm is uniform. `false`: the rectangle is a square. Default [3/4, 4/3], as in
   * the paper.
   */
  readonly aspect?: NumberRange | false;
  /** One for all pictures, or `any` of the four, each as often as the others. Default `any`, as in the paper. */
  readonly interpolation?: Interpolation | 'any';
  /** Whether every second picture or so is mirrored. Default true: Krizhevsky et al., NIPS 2012, section 4.1. */
  readonly mirror?: boolean;
  /**
   * The factor of brightness is uniform in [1 - s, 1 + s]; `s` is 0 to 1, and 0 changes nothing. Default 0.4, for contrast
   * and saturation, too, as in fb.resnet.torch. The paper found such changes useful, those of Howard (arXiv 1312.5402), and gives no numbers.
   */
  readonly brightness?: number;
  /** The same for the factor of contrast, around a grey of 0.5. Default 0.4. */
  readonly contrast?: number;
  /** The same for the factor of saturation. Default 0.4. */
  readonly saturation?: number;
  /** Hues move on by up to so many turns, 0 to 0.5, either way. Default 0, as in fb.resnet.torch. */
  readonly hue?: number;
}

/** All of it, with a default for what is left out. */
export const settledRecipe = ({
  area = [0.08, 1],
  aspect = [3 / 4, 4 / 3],
  interpolation = 'any',
  mirror = true,
  brightness = 0.4,
  contrast = 0.4,
  saturation = 0.4,
  hue = 0,
}: Recipe = {}): Required<Recipe> => ({
  area,
  aspect,
  interpolation,
  mirror,
  brightness,
  contrast,
  saturation,
  hue,
});

const range =
  (most: number): is.Rule =>
  (where, name, value) => {
    if (value === false) return;
    const [low, high, ...more] = requireArray(where, name, value as readonly number[]);
    is.number({ above: 0, most })(where, `the first number of ${name}`, low);
    is.number({ above: 0, most })(where, `the second number of ${name}`, high);
    if (more.length > 0 || (low as number) > (high as number))
      throw new ValueError(where, `${name} must be two numbers, the smaller first, or false`, shown(value));
  };

/** What each may be. */
export const RECIPE: Rules<Recipe> = {
  area: range(1),
  aspect: range(1000),
  interpolation: (where, name, value) => requireOneOf(where, name, value, ['any', ...INTERPOLATIONS]),
  mirror: is.flag,
  brightness: is.number({ least: 0, most: 1 }),
  contrast: is.number({ least: 0, most: 1 }),
  saturation: is.number({ least: 0, most: 1 }),
  hue: is.number({ least: 0, most: 0.5 }),
};
