import { requireNumber } from '../core/check';

/** Bytes R, G and B. */
type Bytes3 = readonly [number, number, number];

/** From dark blue by red to light yellow, in Oklab: lightness, chroma and hue, in degrees, at 0 and at 1. */
const RAMP = { lightness: [0.15, 0.95], chroma: [0.05, 0.17], hue: [280, 465] } as const;
const STEPS = 255;

/**
 * The colour of a number from 0 to 1; what lies beyond has the colour of the end. Equal steps are equally lighter to the eye,
 * in grey too: the ramp is even in Oklab's lightness.
 * @param share from 0, dark blue, to 1, light yellow
 * @returns the bytes R, G and B
 * @throws {ValueError} unless it is a finite number
 */
export function heatColour(share: number): Bytes3 {
  requireNumber('heatColour', 'share', share);
  return TABLE[Math.round(STEPS * Math.min(1, Math.max(0, share)))]!;
}

/** Oklab to sRGB: Ottosson 2020, "A perceptual color space for image processing". All colours of the ramp are in sRGB. */
function colourAt(share: number): Bytes3 {
  const between = ([from, to]: readonly [number, number]): number => from + (to - from) * share;
  const lightness = between(RAMP.lightness);
  const [ends, middle] = RAMP.chroma;
  const chroma = ends + (middle - ends) * Math.sin(Math.PI * share);
  const hue = (between(RAMP.hue) * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    byteOf(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    byteOf(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    byteOf(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Of linear light: the curve of sRGB. */
const byteOf = (light: number): number =>
  Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));

const TABLE = Array.from({ length: STEPS + 1 }, (_, step) => colourAt(step / STEPS));
