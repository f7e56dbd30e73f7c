import type { OptimizedParameter } from '../../src/ops/optimizer_table';

interface OptimizerCase {
  readonly name: string;
  readonly parameters: readonly OptimizedParameter[];
  /** Elements of each flat buffer. */
  readonly elements: number;
  readonly steps: number;
  readonly rate: number;
}

export interface SgdCase extends OptimizerCase {
  readonly options: { readonly momentum: number; readonly weightDecay: number };
}

export interface AdamCase extends OptimizerCase {
  readonly options: {
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
  };
}

// Two slices of one merged matrix, a vector, a parameter of more than one chunk, a scaled and a frozen one, gaps between.
const parameters: readonly OptimizedParameter[] = [
  { offset: 0, rows: 5, columns: 3, stride: 8 },
  { offset: 3, rows: 5, columns: 5, stride: 8, rateScale: 0.5 },
  { offset: 64, rows: 1, columns: 7, stride: 8, decayScale: 0, rateScale: 2 },
  { offset: 128, rows: 100, columns: 90, stride: 92 },
  { offset: 9344, rows: 3, columns: 4, stride: 4, frozen: true },
  { offset: 9408, rows: 4096, columns: 1, stride: 1 },
];
const shared = { parameters, elements: 13568, steps: 3 };

/** Float32 rounds w, the moments and each step a few times, 6e-8 each; a step is at most as large as w. */
export const tolerance = { relative: 1e-6, nmse: 1e-13 };

export const sgdCases: readonly SgdCase[] = [
  { name: 'plain', ...shared, rate: 0.1, options: { momentum: 0, weightDecay: 0 } },
  { name: 'decay', ...shared, rate: 0.1, options: { momentum: 0, weightDecay: 0.01 } },
  { name: 'momentum and decay', ...shared, rate: 0.01, options: { momentum: 0.9, weightDecay: 2e-4 } },
];

const betas = { beta1: 0.9, beta2: 0.999 };

export const adamCases: readonly AdamCase[] = [
  { name: 'defaults', ...shared, rate: 0.001, options: { ...betas, epsilon: 1e-8, weightDecay: 0 } },
  {
    name: 'large epsilon and decay',
    ...shared,
    rate: 0.01,
    options: { ...betas, epsilon: 0.05, weightDecay: 0.01 },
  },
];
