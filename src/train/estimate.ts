import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import type { Graph } from '../graph/graph';
import { ESTIMATE, estimate, type EstimateOptions, type MemoryEstimate } from '../graph/memory/estimate';
import type { Average } from '../optim/average';
import type { VariableGroup } from '../optim/groups';
import { requireOptimizer, type Optimizer } from '../optim/optimizer';
import { reportBytes, STAGE } from '../optim/stage';
import { addLosses, keptOf, NETWORK, type Network } from './losses';

/** How the network would be trained. */
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

const { target, limits, keep, fuse, recompute } = ESTIMATE;
const OPTIONS: Rules<TrainingEstimateOptions> = {
  ...{ target, limits, keep, fuse, recompute },
  optimizer: is.needed((_where, _name, value) => requireOptimizer(value)),
  groups: is.anything, // checked by `applyGroups`
  average: STAGE.average,
  microBatches: is.whole(1),
  stepsInFlight: is.whole(1),
};

/**
 * The GPU memory that a `Trainer` of this network takes, before anything is allocated.
 * @throws {LimitError} naming what is larger than `limits` allow, its size and the limit; where `recompute` cannot be
 * kept to, the least that can
 */
export const estimateTraining = (network: Network, options: TrainingEstimateOptions): MemoryEstimate =>
  estimate(...trainingToEstimate(network, options));

/** What `estimateTraining` estimates: the graph of a training step, and what goes with it. */
export function trainingToEstimate(
  network: Network,
  options: TrainingEstimateOptions,
): readonly [graph: Graph, options: EstimateOptions] {
  const { graph: given, images, heads, loss } = { ...network };
  checkOptions('estimateTraining: the network', { graph: given, images, heads, loss }, NETWORK);
  checkOptions('estimateTraining', options, OPTIONS);
  const { optimizer, groups, average, microBatches = 1, stepsInFlight = 2, ...rest } = options;
  requireOptimizer(optimizer);
  const { graph, losses: values } = addLosses(network, microBatches, groups);
  const losses = values.length * microBatches;
  const keep = [...(options.keep ?? []), ...keptOf(network.heads, values)];
  const staging = stepsInFlight * reportBytes(losses);
  const update = { optimizer, microBatches, losses, average };
  return [graph, { ...rest, keep, staging, update }];
}
