import type { LoadPicture } from '../app/picture_data';
import { loadPicture } from '../data/node/decode';
import type { OwnPictures } from './pictures';

/** Decodes pictures in this process, by sharp. */
export const nodePictures =
  ({ set }: Pick<OwnPictures, 'set'>): LoadPicture =>
  (index, shorterSide) =>
    loadPicture(set, index, { shorterSide });
