import type { JobContext } from '../job';
import { Chance } from '../fuzz/chance';
import { MOVES } from '../fuzz/calls/moves';
import { World } from '../fuzz/calls/world';
import { smallImages, smallTrainer } from '../small_trainer';
import { openEngine, type Engine } from '../../../src/gpu/engine';
import { equalAverage } from '../../../src/optim/average';

/** Of a neighbour that is trained beside. */
const STEPS = 4;
const BATCH = 2;

/** A device of its own, whose refusals are the engine's; one for all runs, so that a pipeline is made once. */
let opened: Promise<Engine> | undefined;
const ownEngine = async ({ gpu }: JobContext): Promise<Engine> =>
  openEngine({ adapter: (await gpu.requestAdapter()) as GPUAdapter });

const neighbour = (engine: Engine) =>
  smallTrainer(engine, BATCH, { dropout: 0.5, average: equalAverage(), clip: 1 });

const losses = (trainer: Awaited<ReturnType<typeof neighbour>>, step: number) => {
  const { images, labels } = smallImages(BATCH, step);
  return trainer.step(images, labels).then(({ total }) => total);
};

let undisturbed: Promise<readonly number[]> | undefined;
async function alone(engine: Engine): Promise<readonly number[]> {
  const trainer = await neighbour(engine);
  const all: number[] = [];
  for (let step = 0; step < STEPS; step++) all.push(await losses(trainer, step));
  trainer.destroy();
  return all;
}

/** Random calls on one engine, some of them wrong; tells what was not as it should be. */
export async function randomCalls(context: JobContext, { seed, calls }: { seed: number; calls: number }) {
  const engine = await (opened ??= ownEngine(context));
  const expected = await (undisturbed ??= alone(engine));
  const chance = new Chance('calls', seed);
  const world = new World(engine, chance);
  const nothing = world.live();
  const beside = await neighbour(engine);
  const found: number[] = [];
  let wrong: string | undefined;
  try {
    for (let done = 0; done < calls;) {
      await world.hear();
      const move = chance.pick(MOVES)(world);
      if (!move) continue;
      await world.perform(move);
      done++;
      if (chance.below(2) === 0) await world.settle();
      if (done % Math.ceil(calls / STEPS) === 0) found.push(await losses(beside, found.length));
    }
    await world.settle();
    while (found.length < STEPS) found.push(await losses(beside, found.length));
    beside.destroy();
    await world.end(nothing);
  } catch (error) {
    wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // What follows on this engine would suffer.
    opened = undefined;
    undisturbed = undefined;
    engine.destroy();
  }
  return { wrong, log: world.log, tally: world.tally, expected, found };
}

export async function endCalls(_context: JobContext, _args: null): Promise<void> {
  (await opened)?.destroy();
  opened = undefined;
  undisturbed = undefined;
}
