/**
 * Columns of the table that `crop` reads, a row for each picture: width and height of the picture; left, top, width and height
 * of the rectangle; whether it is mirrored, 0 or 1; the number of its interpolation; the colour matrix, row by row; the row
 * whose image is mixed in; and the share of its own.
 */
export const CROP_COLUMNS = 22;

/** Column of the colour matrix's first number. */
export const FIRST_COLOUR = 8;

/** Columns of the row that is mixed in, and of the share of its own. */
export const PARTNER = 20;
export const SHARE = 21;

/** The ways to sample, by their number in the table. */
export const INTERPOLATIONS = ['nearest', 'bilinear', 'area', 'bicubic'] as const;

/** A rectangle is counted in this part of a pixel, so that whole numbers decide which pixels are read, alike on all adapters. */
export const STEPS = 64;

/** Most pixels of a picture's side, and of an output's: 2 * STEPS * (side + 2) * size, a position, must be below 2^32. */
export const LARGEST_SIDE = 16383;
export const LARGEST_SIZE = 2047;
