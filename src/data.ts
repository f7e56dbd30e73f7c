// Pictures on their way to a network, in an entry of its own for pages, workers and Node: `inception-webgpu/data`. Names only.
export { augment, type AugmentOptions } from './data/augment';
export {
  loadAhead,
  type Ahead,
  type AheadCounters,
  type AheadOptions,
  type LoadedPicture,
} from './data/ahead';
export { decodePicture } from './data/browser/decode';
export { PictureDecoder, type DecoderOptions } from './data/browser/decoder';
export { PictureCache } from './data/cache';
export { centreCrop, type CentreCropOptions } from './data/centre_crop';
export { colourMatrix, type ColourFactors } from './data/colour_matrix';
export type {
  ColourMatrix,
  CropNumbers,
  Interpolation,
  Mix,
  PictureSize,
  Rectangle,
} from './data/crop_numbers';
export { cropOnCpu } from './data/crop_on_cpu';
export { cropTable } from './data/crop_table';
export { evaluationCrops, type CropCount } from './data/evaluation_crops';
export { inspectPicture, type FileParts, type PictureFault } from './data/inspect';
export { readPictureList, type ListedPicture } from './data/list';
export { mixedTargets, mixUp, type MixUpOptions } from './data/mix_up';
export type {
  DecodedPicture,
  DecodeOptions,
  Picture,
  PictureHeader,
  PictureSet,
  SkippedFile,
  SkipReason,
} from './data/picture';
export type { NumberRange, Recipe } from './data/recipe';
export { splitPictures, type Split } from './data/split';
export { Cropper } from './train/cropper';
