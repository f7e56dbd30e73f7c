import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { ColourMatrix } from './crop_numbers';

/** How colours change; all of it left out changes nothing. */
export interface ColourFactors {
  /** What each colour is multiplied by, from 0. Default 1. */
  readonly brightness?: number;
  /** What each colour's distance from mid grey, 0.5, is multiplied by, from 0. Default 1. */
  readonly contrast?: number;
  /** What each colour's distance from the pixel's grey is multiplied by, from 0. Default 1. */
  readonly saturation?: number;
  /** By how many turns hues move on, red by 1/3 to about green. Default 0. */
  readonly hue?: number;
}

const FACTORS: Rules<ColourFactors> = {
  brightness: is.number({ least: 0 }),
  contrast: is.number({ least: 0 }),
  saturation: is.number({ least: 0 }),
  hue: is.number(),
};

/** Shares of red, green and blue in a pixel's grey, the Y of YIQ. */
const GREY = [0.299, 0.587, 0.114] as const;
/** I and Q of YIQ, as sums of red - Y and blue - Y; 47 CFR 73.682 has them with two digits. */
const I = [0.736, -0.268] as const;
const Q = [0.478, 0.413] as const;

/** The first matrix, then the second. */
const then = (first: ColourMatrix, second: ColourMatrix): number[] =>
  first.map((_, index) => {
    const [row, column] = [index - (index % 4), index % 4];
    const sum = [0, 1, 2].map((k) => second[row + k]! * first[4 * k + column]!);
    return sum.reduce((a, b) => a + b, column === 3 ? second[row + 3]! : 0);
  });

/** The same for each colour: `factor` of itself, `grey` of the pixel's grey, and a constant. */
const alike = (factor: number, grey: number, constant: number): number[] =>
  [0, 1, 2].flatMap((row) => [
    ...GREY.map((share, column) => (row === column ? factor : 0) + grey * share),
    constant,
  ]);

/** Turns the plane of I and Q, which leaves Y as it is. */
function rotation(turns: number): number[] {
  const [cos, sin] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
  const [[a, b], [c, d]] = [I, Q];
  const scale = sin / (a * d - b * c);
  // (red - Y, blue - Y) to (I, Q), turned, and back.
  const turned = [
    [cos + scale * (c * d + a * b), scale * (d * d + b * b)],
    [-scale * (a * a + c * c), cos - scale * (c * d + a * b)],
  ] as const;
  const differences = [0, 2].map((colour) =>
    GREY.map((share, column) => (column === colour ? 1 : 0) - share),
  );
  const [red, blue] = turned.map(([u, v]) =>
    GREY.map((_, column) => u * differences[0]![column]! + v * differences[1]![column]!),
  ) as [number[], number[]];
  // Y stays, so green makes up for what red and blue gain.
  const green = red.map((value, column) => -(GREY[0] * value + GREY[2] * blue[column]!) / GREY[1]);
  return [red, green, blue].flatMap((gain) => [...gain.map((value, column) => value + GREY[column]!), 0]);
}

/**
 * One matrix for all changes of colour, in this order: brightness, contrast, saturation, hue. Nothing is clamped in between.
 * Contrast is taken around a fixed grey of 0.5, not around the mean of the picture, which only its pixels know. The hue is
 * turned in the plane of I and Q of YIQ, at constant Y.
 * @param factors each of them left out changes nothing
 * @throws {ValueError} for a factor below 0, or one that is not finite
 */
export function colourMatrix(factors: ColourFactors = {}): ColourMatrix {
  checkOptions('colourMatrix', factors, FACTORS);
  const { brightness = 1, contrast = 1, saturation = 1, hue = 0 } = factors;
  const changes = [
    alike(brightness, 0, 0),
    alike(contrast, 0, (1 - contrast) / 2),
    alike(saturation, 1 - saturation, 0),
    // By 0 turns it is the identity but for roundings.
    ...(hue === 0 ? [] : [rotation(hue)]),
  ];
  return changes.reduce(then);
}
