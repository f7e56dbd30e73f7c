import numbers from './expected.json';

/** Of a tensor: its scale (most often its largest magnitude), then the sums that stand for it. */
export type Summary = readonly [scale: number, ...sums: number[]];

/** Tensors by the name of their check. */
export type Expected = Readonly<Record<string, Readonly<Record<string, Summary>>>>;

/**
 * From the loops in float64 of test/support/reference, and for the network from PyTorch in float64;
 * test/doctor/expected.test.ts makes them anew and compares.
 */
export const EXPECTED = numbers as unknown as Expected;
