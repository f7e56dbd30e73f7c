import type { Engine } from '../gpu/engine';
import { readWeights } from '../io/weights';
import type { OnCompileProgress } from '../runtime/compile_kernels';
import { Parameters } from '../runtime/parameters';
import type { Tuning } from '../runtime/tuning/tune';
import type { RunSettings } from '../train/presets';
import { groupsOf } from '../train/fine_tuning';
import { averageOf, optimizerOf, scheduleOf } from '../train/recipes';
import type { TrainerOptions } from '../train/trainer_options';
import { trainedNetwork } from './network';

/**
 * Weights, and how a trainer trains them.
 * @param initial a file of weights to begin with, in place of new ones, but for what the settings call fresh
 */
export async function trainerOptions(
  engine: Engine,
  settings: RunSettings,
  classes: number,
  tune: Tuning | undefined,
  onProgress: OnCompileProgress | undefined,
  initial: Uint8Array | undefined,
): Promise<TrainerOptions> {
  const { seed, microBatches, recompute } = settings;
  const average = averageOf(settings);
  const net = trainedNetwork(settings, classes);
  const parameters = await Parameters.create(engine, net.graph, { seed, initial: 'he' });
  if (initial) {
    const { values } = readWeights(initial, parameters.specs, settings.from, 'some');
    for (const name of settings.fresh ?? []) values.delete(name);
    await parameters.load(values, { match: 'some' });
  }
  return {
    ...net,
    // The trainer's end must not free them: they are judged after it. They go with the device.
    parameters,
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
