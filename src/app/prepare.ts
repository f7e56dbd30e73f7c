import type { Engine } from '../gpu/engine';
import type { OnCompileProgress } from '../runtime/compile_kernels';
import { Parameters } from '../runtime/parameters';
import type { Tuning } from '../runtime/tuning/tune';
import type { RunSettings } from '../train/presets';
import { averageOf, groupsOf, optimizerOf, scheduleOf } from '../train/recipes';
import type { TrainerOptions } from '../train/trainer_options';
import { trainedNetwork } from './network';

/** Weights, and how a trainer trains them. */
export async function trainerOptions(
  engine: Engine,
  settings: RunSettings,
  classes: number,
  tune: Tuning | undefined,
  onProgress: OnCompileProgress | undefined,
): Promise<TrainerOptions> {
  const { seed, microBatches, recompute } = settings;
  const average = averageOf(settings);
  const net = trainedNetwork(settings, classes);
  return {
    ...net,
    // The trainer's end must not free them: they are judged after it. They go with the device.
    parameters: await Parameters.create(engine, net.graph, { seed, initial: 'he' }),
    seed,
    optimizer: optimizerOf(settings),
    rate: scheduleOf(settings),
    groups: groupsOf(settings),
    ...(average && { average }),
    microBatches,
    ...(recompute !== undefined && { recompute: { memory: recompute } }),
    ...(onProgress && { onProgress }),
    ...(tune && { tune }),
  };
}
