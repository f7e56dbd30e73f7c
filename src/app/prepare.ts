import type { Engine } from '../gpu/engine';
import { requireBudget, withinLimits } from '../graph/memory/batches';
import { DIGIT_CLASSES } from '../io/digits';
import { googlenet, googlenetHeads } from '../models/googlenet';
import type { OnCompileProgress } from '../runtime/compile';
import { Parameters } from '../runtime/parameters';
import type { TuneOptions } from '../runtime/tuning/tune';
import { estimateTraining } from '../train/estimate';
import type { Settings } from '../train/presets';
import { warmup } from '../train/schedule';
import type { TrainerOptions } from '../train/trainer_options';
import type { Memory } from './events';

/** The network to be trained. */
function network({ size, width, dropout }: Settings, batch: number) {
  const net = googlenet({ classes: DIGIT_CLASSES, batch, inputSize: size, width, mode: 'train', dropout });
  return { graph: net.graph, images: net.images, heads: googlenetHeads(net) };
}

/**
 * The memory that training with these settings takes.
 *
 * @param budget bytes that it may take
 * @throws {LimitError} naming what is too large for the device or the budget, and the largest batch that is not
 */
export function memoryOf(
  engine: Pick<Engine, 'target' | 'device'>,
  settings: Settings,
  budget?: number,
): Memory {
  const { target, device } = engine;
  const optimizer = { kind: settings.optimizer };
  const { bytes, total, largest, lowerBound } = withinLimits(settings.batch, (batch) => {
    const found = estimateTraining(network(settings, batch), { target, limits: device.limits, optimizer });
    if (budget !== undefined) requireBudget(found, budget);
    return found;
  });
  return { bytes, total, largest, lowerBound };
}

/** Weights, and how a trainer trains them. */
export async function trainerOptions(
  engine: Engine,
  settings: Settings,
  tune: TuneOptions | undefined,
  onProgress: OnCompileProgress | undefined,
): Promise<TrainerOptions> {
  const { batch, seed, optimizer, rate, warmup: rise, steps, decay } = settings;
  const net = network(settings, batch);
  return {
    ...net,
    // The trainer's end must not free them: they are judged after it. They go with the device.
    parameters: await Parameters.create(engine, net.graph, { seed, initial: 'he' }),
    seed,
    optimizer: { kind: optimizer },
    rate: warmup({ rate, warmup: rise, steps, decay }),
    ...(onProgress && { onProgress }),
    ...(tune && { tune }),
  };
}
