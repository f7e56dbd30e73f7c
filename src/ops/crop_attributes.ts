import type { Rules } from '../core/options';
import * as is from '../core/rules';
import { COLOURS, type Rgb } from '../lowering/colours';
import { LARGEST_SIZE } from './crop_table';

/** Attributes of `crop`. */
export interface CropAttrs {
  /** Height and width of the output in pixels, 1 to 2047. */
  readonly size: number;
  /** What is taken off each colour. Default 0. */
  readonly mean?: Rgb;
  /** What each colour is then divided by. Default 1. */
  readonly deviation?: Rgb;
}

/** What each may be. */
export const CROP: Rules<CropAttrs> = { size: is.needed(is.whole(1, LARGEST_SIZE)), ...COLOURS };
