import type { Launch, Lowered, Scratch, Target } from '../../core/op';
import { foldWorkgroups } from '../../core/rows';
import { roundUp } from '../../core/shape';
import sumSplits from '../../../shaders/sum_splits.wgsl';
import { candidatesFor, chooseKernel } from './choose';
import { backwardInputLaunches, backwardWeightLaunches, forwardLaunches } from './parts';
import {
  allowsVectors,
  tapsOf,
  type BackwardInputProblem,
  type BackwardWeightProblem,
  type ConvKernel,
  type ConvProblem,
  type ForwardProblem,
  type Placed,
  type WeightKernel,
} from './problem';
import { quadBackwardInput, quadForward } from './quad';
import { quadBackwardWeight } from './quad_weight';
import { registerBackwardInput, registerForward } from './register';
import { registerBackwardWeight } from './register_weight';
import { tileForward } from './tile_forward';
import { tileBackwardInput } from './tile_input';
import { tileBackwardWeight } from './tile_weight';
import { winogradBackwardInput, winogradForward } from './winograd';

/**
 * All kernels of each form. `candidatesFor` puts the preferred first and leaves equals in this order; the last takes any
 * problem on any adapter.
 */
export const FORWARD: readonly ConvKernel<ForwardProblem>[] = [
  quadForward,
  ...tileForward,
  ...winogradForward,
  ...registerForward,
];
export const BACKWARD_INPUT: readonly ConvKernel<BackwardInputProblem>[] = [
  quadBackwardInput,
  ...tileBackwardInput,
  ...winogradBackwardInput,
  ...registerBackwardInput,
];
export const BACKWARD_WEIGHT: readonly WeightKernel[] = [
  quadBackwardWeight,
  ...tileBackwardWeight,
  ...registerBackwardWeight,
];

/** The names of all kernels, by form, whatever an adapter can run. */
export const KERNEL_NAMES: Readonly<Record<ConvProblem['form'], readonly string[]>> = {
  forward: FORWARD.map(({ name }) => name),
  backward_input: BACKWARD_INPUT.map(({ name }) => name),
  backward_weight: BACKWARD_WEIGHT.map(({ name }) => name),
};

/** Names of the kernels that can compute a problem, the preferred first. */
export function candidateNames(problem: ConvProblem, target: Target): string[] {
  const names = (kernels: readonly { readonly name: string }[]) => kernels.map(({ name }) => name);
  switch (problem.form) {
    case 'forward':
      return names(candidatesFor(FORWARD, problem, target));
    case 'backward_input':
      return names(candidatesFor(BACKWARD_INPUT, problem, target));
    case 'backward_weight':
      return names(candidatesFor(BACKWARD_WEIGHT, problem, target));
  }
}

export const lowerForward = (problem: ForwardProblem, target: Target): Lowered => ({
  launches: forwardLaunches(chooseKernel(FORWARD, problem, target), problem, target),
});

export const lowerBackwardInput = (problem: BackwardInputProblem, target: Target): Lowered => ({
  launches: backwardInputLaunches(chooseKernel(BACKWARD_INPUT, problem, target), problem, target),
});

/**
 * dw from x and dy: the sum over all pixels is split until the adapter is filled, and the partial sums are added in
 * order by a second launch, so that repeats are identical bit by bit.
 */
export function lowerBackwardWeight(problem: BackwardWeightProblem, target: Target): Lowered {
  const { geometry, dw } = problem;
  const kernel = chooseKernel(BACKWARD_WEIGHT, problem, target);
  const splits = kernel.splits(problem, target);
  if (splits === 1) {
    const whole = { to: dw, splits, splitStride: 0, tapRows: geometry.tapRows, biasOffset: undefined };
    return { launches: backwardWeightLaunches(kernel, problem, whole, target) };
  }
  const tapRows = allowsVectors(problem) ? roundUp(geometry.x.channels, 4) : geometry.x.channels;
  const rows = tapsOf(geometry) * tapRows;
  const columns = geometry.y.channels;
  const to: Placed<Scratch> = {
    value: { scratch: 'parts', elements: splits * rows * columns },
    view: { offset: 0, stride: columns, zeroPadded: false },
  };
  const parts = { to, splits, splitStride: rows * columns, tapRows, biasOffset: undefined };
  const total: Launch = {
    shader: sumSplits,
    entry: 'forward',
    bind: { parts: to.value, total: dw.value },
    params: {
      rows,
      columns,
      splits,
      group_rows: tapRows,
      total_group_rows: geometry.tapRows,
      total_stride: dw.view.stride,
      total_offset: dw.view.offset,
    },
    // 64 threads a workgroup, as the shader says.
    workgroups: foldWorkgroups(Math.ceil((rows * columns) / 64), target.maxWorkgroupsPerDimension),
  };
  return { launches: [...backwardWeightLaunches(kernel, problem, parts, target), total] };
}
