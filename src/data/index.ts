// Pictures on their way to a network, in an entry of its own: `inception-webgpu/data`. Names only.
export { augment, type AugmentOptions } from './augment';
export { centreCrop, type CentreCropOptions } from './centre_crop';
export { colourMatrix, type ColourFactors } from './colour_matrix';
export type { ColourMatrix, CropNumbers, Interpolation, PictureSize, Rectangle } from './crop_numbers';
export { cropOnCpu } from './crop_on_cpu';
export { cropTable } from './crop_table';
export type { NumberRange, Recipe } from './recipe';
