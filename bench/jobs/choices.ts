// What the command line offers; apart from the jobs, which bring the whole engine along.

/** y from x; dx from dy; dw from x and dy. */
export const FORMS = ['forward', 'dx', 'dw'] as const;
export type Form = (typeof FORMS)[number];

export const MODES = ['infer', 'train'] as const;
export type Mode = (typeof MODES)[number];
