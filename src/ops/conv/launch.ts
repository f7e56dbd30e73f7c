import type { Lowered, Target } from '../../core/op';
import { chooseKernel } from './choose';
import { backwardInputLaunches, forwardLaunches } from './parts';
import type { BackwardInputProblem, ConvKernel, ConvProblem, ForwardProblem, WeightKernel } from './problem';
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

export const lowerForward = (problem: ForwardProblem, target: Target): Lowered => ({
  launches: forwardLaunches(chooseKernel(FORWARD, problem, target), problem, target),
});

export const lowerBackwardInput = (problem: BackwardInputProblem, target: Target): Lowered => ({
  launches: backwardInputLaunches(chooseKernel(BACKWARD_INPUT, problem, target), problem, target),
});
