import { checkOptions, group, type Rules } from '../core/options';
import { hashName, philox, type Words4 } from '../core/random';
import * as is from '../core/rules';
import { INTERPOLATIONS } from '../ops/crop_table';
import { colourMatrix } from './colour_matrix';
import { requirePicture, type CropNumbers, type PictureSize } from './crop_numbers';
import { largestRectangle, randomRectangle, TRIES } from './rectangle';
import { RECIPE, settledRecipe, type Recipe } from './recipe';

/** Which picture is drawn for, and how. */
export interface AugmentOptions {
  /** Another seed draws other numbers. 0 to 2^32 - 1. */
  readonly seed: number;
  /** How often the data set has been gone through. 0 to 2^32 - 1. */
  readonly epoch: number;
  /** Number of the picture in the data set, whatever its place in a batch. 0 to 2^32 - 1. */
  readonly index: number;
  /** What is drawn. Default: all as GoogLeNet's paper has it. */
  readonly recipe?: Recipe;
}

const OPTIONS: Rules<AugmentOptions> = {
  seed: is.needed(is.seed),
  epoch: is.needed(is.seed),
  index: is.needed(is.seed),
  recipe: group(RECIPE),
};

const STREAM = hashName('augment');

/**
 * Random numbers for a picture, for a row of `cropTable`. They depend on the seed, the epoch and the picture's index only: not
 * on the order of the pictures, the batch, or where a run goes on. What is turned off leaves the other numbers as they are.
 *
 * Words of Philox: key (seed, hash of `augment`), counter (index, epoch, block, 0). Block 0 draws interpolation and mirror,
 * block 1 brightness, contrast, saturation and hue, block 2 + t the rectangle's try t: area, aspect, left, top.
 * @param picture the sizes of the decoded picture, 1 to 16383 pixels; it may be the picture itself
 * @param options which picture it is, and the recipe
 * @throws {ValueError} for sizes, numbers or a recipe that make no sense
 */
export function augment(picture: PictureSize, options: AugmentOptions): CropNumbers {
  requirePicture('augment', picture);
  checkOptions('augment', options, OPTIONS);
  const { seed, epoch, index } = options;
  const recipe = settledRecipe(options.recipe);
  const { width, height } = picture;
  /** Four numbers, uniform from 0 up to but not 1. */
  const draw = (block: number): Words4 =>
    philox([index, epoch, block, 0], [seed, STREAM]).map((word) => word / 2 ** 32) as unknown as Words4;

  const [way, side] = draw(0);
  const any = INTERPOLATIONS[Math.floor(way * INTERPOLATIONS.length)]!;
  const [brightness, contrast, saturation, hue] = draw(1);
  const around = (middle: number, spread: number, share: number): number => middle + spread * (2 * share - 1);
  const tries = Array.from({ length: TRIES }, (_, each) => () => draw(2 + each));
  const aspect = recipe.aspect || ([1, 1] as const);
  return {
    picture: { width, height },
    rectangle: recipe.area
      ? randomRectangle(picture, recipe.area, aspect, tries)
      : largestRectangle(picture, aspect),
    mirror: recipe.mirror && side < 0.5,
    interpolation: recipe.interpolation === 'any' ? any : recipe.interpolation,
    colours: colourMatrix({
      brightness: around(1, recipe.brightness, brightness),
      contrast: around(1, recipe.contrast, contrast),
      saturation: around(1, recipe.saturation, saturation),
      hue: around(0, recipe.hue, hue),
    }),
  };
}
