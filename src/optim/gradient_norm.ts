import type { Launch, Target } from '../core/op';
import { foldWorkgroups } from '../core/rows';
import { barrierLanes } from '../core/targets';
import shader from '../../shaders/gradient_norm.wgsl';

/** Words of the report before the losses: norm, scale (bits of f32), halted, unused. */
export const REPORT_WORDS = 4;

/** The word of the report that is not 0 once the run is halted. */
export const HALTED = 2;

/** Vectors of 4 gradients that one workgroup adds up; repeats a constant of the shader. */
const VECTORS_PER_PART = 4096;

export interface GradientNormOptions {
  /** Elements of the flat buffer of gradients, a multiple of 4. */
  readonly elements: number;
  /** Losses in the report, which are looked at too. */
  readonly losses: number;
  /** Gradients are scaled down to this norm where theirs is larger; undefined leaves them as they are. */
  readonly clip?: number | undefined;
  /** The flat buffer. */
  readonly of: string;
}

/** Words of the buffer of partial sums. */
export const partialSums = (elements: number): number => 2 * partsOf(elements);

const partsOf = (elements: number): number => Math.ceil(elements / 4 / VECTORS_PER_PART);

/**
 * Global norm of the gradients, sqrt of the sum of all squares, and the factor that clips it (Pascanu, Mikolov and Bengio
 * 2013, algorithm 1), into the report; see gradient_norm.wgsl.
 */
export function gradientNorm(
  { elements, losses, clip = 0, of }: GradientNormOptions,
  target: Target,
): Launch[] {
  const parts = partsOf(elements);
  const shared = {
    shader,
    params: { count: elements / 4, parts, losses, clip },
    constants: { WG: barrierLanes(target, 256) },
  };
  return [
    {
      ...shared,
      entry: 'sum_squares',
      bind: { dw: { flat: of }, sums: { flat: 'sums' } },
      workgroups: foldWorkgroups(parts, target.maxWorkgroupsPerDimension),
    },
    {
      ...shared,
      entry: 'conclude',
      bind: { sums: { flat: 'sums' }, report: { flat: 'report' } },
      workgroups: [1, 1, 1],
    },
  ];
}
