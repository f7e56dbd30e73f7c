import type { Value } from '../core/op';
import { withChoice, type Engine } from '../gpu/engine';
import { assignedVariables } from '../graph/flat';
import { byTable } from '../core/choices';
import { sumProgress } from '../runtime/compile_kernels';
import { Parameters } from '../runtime/parameters';
import { Program } from '../runtime/program';
import { Readback } from '../runtime/readback';
import type { Tuned } from '../runtime/tuning/tune';
import { Update } from '../runtime/update';
import { addLosses, keptOf } from './losses';
import type { TrainerOptions } from './trainer_options';

/** What a trainer is made of. */
export interface TrainerParts {
  readonly program: Program;
  readonly update: Update;
  /** Of the graph, in the order of the heads. */
  readonly losses: readonly Value[];
  /** Of the update's report. */
  readonly readback: Readback;
  readonly tuned: Tuned | undefined;
}

/** Makes the parts of a trainer, and what `finish` makes of them; if anything fails, nothing is left. */
export async function makeParts<T>(
  engine: Engine,
  options: TrainerOptions,
  finish: (parts: TrainerParts) => T,
): Promise<T> {
  const { heads, microBatches = 1, stepsInFlight = 2, clip, groups, average } = options;
  const { graph, losses, trained } = addLosses(options, microBatches, groups);
  const { seed = 0, initial = 'he', keep = [], fuse = true, submitSeconds, recompute } = options;
  const { resume } = options;
  const tuned = options.tune && !resume ? await options.tune(engine, graph, { fuse }) : undefined;
  const choices = resume?.plan.choices ?? (tuned && tuned.source !== 'shipped' ? tuned.choices : undefined);
  const chosen = choices ? withChoice(engine, byTable(choices)) : engine;
  const parameters = options.parameters ?? (await Parameters.create(engine, graph, { seed, initial }));
  const part = options.onProgress && sumProgress(options.onProgress);
  let update: Update | undefined;
  let program: Program | undefined;
  let readback: Readback | undefined;
  try {
    update = await Update.create(parameters, options.optimizer, {
      microBatches,
      losses: losses.length * microBatches,
      clip,
      average,
      trained,
      assigned: assignedVariables(graph),
      ...(part && { onProgress: part() }),
    });
    program = await Program.create(chosen, graph, {
      parameters,
      gradients: update.gradients,
      state: update.state,
      fuse,
      ...(submitSeconds !== undefined && { submitSeconds }),
      ...(recompute && { recompute }),
      ...(part && { onProgress: part() }),
      keep: keep === 'all' ? keep : [...keep, ...keptOf(heads, losses)],
    });
    readback = await Readback.create(engine, 'step report', update.report, stepsInFlight);
    return finish({ program, update, losses, readback, tuned });
  } catch (error) {
    // Whoever tries again with a smaller batch needs the memory.
    readback?.destroy();
    program?.destroy();
    update?.destroy();
    if (!options.parameters) parameters.destroy();
    throw error;
  }
}
