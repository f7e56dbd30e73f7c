import { requireObject } from '../core/check';
import { atOnce, type Sliced } from '../core/slices';
import { estimateInSlices, type EstimateOptions, type MemoryEstimate } from '../graph/memory/estimate';
import type { Average } from '../optim/average';
import type { VariableGroup } from '../optim/groups';
import { requireOptimizer, type Optimizer } from '../optim/optimizer';
import { reportBytes } from '../optim/stage';
import { addLosses, keptOf, type Network } from './losses';

export interface TrainingEstimateOptions extends Omit<EstimateOptions, 'update' | 'staging'> {
  readonly optimizer: Optimizer;
  /** As a trainer's. Default: none. */
  readonly groups?: readonly VariableGroup[];
  readonly average?: Average;
  /** As a trainer's. Default 1. */
  readonly microBatches?: number;
  /** As a trainer's. Default 2. */
  readonly stepsInFlight?: number;
}

/**
 * The GPU memory that a `Trainer` of this network takes, before anything is allocated.
 * @throws {LimitError} naming what is larger than `limits` allow, its size and the limit; where `recompute` cannot be
 * kept to, the least that can
 */
export const estimateTraining = (network: Network, options: TrainingEstimateOptions): MemoryEstimate =>
  atOnce(estimateTrainingInSlices(network, options));

/** See `estimateTraining`; Table 1 takes 0.1 s, with recomputation up to 2 s, for which a page should not block. */
export function* estimateTrainingInSlices(
  network: Network,
  options: TrainingEstimateOptions,
): Sliced<MemoryEstimate> {
  requireObject('estimateTraining', 'the network', network, ['graph', 'images', 'heads']);
  requireObject('estimateTraining', 'its options', options, ['target', 'optimizer']);
  const { optimizer, groups, average, microBatches = 1, stepsInFlight = 2, ...rest } = options;
  requireOptimizer(optimizer);
  const { graph, losses: values } = addLosses(network, microBatches, groups);
  const losses = values.length * microBatches;
  const keep = [...(options.keep ?? []), ...keptOf(network.heads, values)];
  const staging = stepsInFlight * reportBytes(losses);
  const update = { optimizer, microBatches, losses, average };
  return yield* estimateInSlices(graph, { ...rest, keep, staging, update });
}
