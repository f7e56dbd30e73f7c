import numbers from './expected.json';
import { signedSums } from './sums';

/** Of a tensor: its scale (most often its largest magnitude), then the sums that stand for it. */
export type Summary = readonly [scale: number, ...sums: number[]];

/** Tensors by the name of their check. */
export type Expected = Readonly<Record<string, Readonly<Record<string, Summary>>>>;

/** A tensor's largest magnitude, and the sums that stand for it. */
export const summaryOf = (name: string, values: ArrayLike<number>): Summary => [
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  ...signedSums(name, values),
];

/**
 * What is not computed beside the kernels: the network, from PyTorch, and the search for what is not finite. Ops and
 * updates have loops in float64. test/doctor/expected.test.ts makes the numbers anew and compares.
 */
export const EXPECTED = numbers as unknown as Expected;
