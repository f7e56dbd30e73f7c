import { AbortError } from '../core/errors';
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
import { Trainer } from '../train/trainer';
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

/** Weights, and a trainer for them; undefined if it was stopped while it tuned. */
export async function prepare(
  engine: Engine,
  settings: Settings,
  tune: TuneOptions | undefined,
  onProgress: OnCompileProgress,
) {
  const { batch, seed, optimizer, rate, warmup: rise, steps, decay } = settings;
  const net = network(settings, batch);
  const parameters = await Parameters.create(engine, net.graph, { seed, initial: 'he' });
  try {
    const trainer = await Trainer.create(engine, {
      ...net,
      parameters,
      seed,
      optimizer: { kind: optimizer },
      rate: warmup({ rate, warmup: rise, steps, decay }),
      onProgress,
      ...(tune && { tune }),
    });
    return { trainer, parameters };
  } catch (error) {
    parameters.destroy();
    if (error instanceof AbortError) return undefined;
    throw error;
  }
}
