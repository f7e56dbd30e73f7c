import type { DecodedPicture } from '../data/picture';
import { toBase64 } from './base64';
import type { Painted } from './events';

/** A picture, to be told. */
export const painted = ({ width, height, data }: DecodedPicture): Painted => ({
  width,
  height,
  pixels: toBase64(data),
});
