// Pictures on a disk, in an entry of its own for Node: `inception-webgpu/data/node`. Names only.
export { decodePicture, loadPicture } from './decode';
export { findPictures, type FindOptions } from './find';
export type {
  DecodedPicture,
  DecodeOptions,
  Picture,
  PictureHeader,
  PictureSet,
  SkippedFile,
  SkipReason,
} from '../picture';
