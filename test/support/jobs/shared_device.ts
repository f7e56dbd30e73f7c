import type { JobContext } from '../job';
import { smallNetwork, smallImages, smallTrainer } from '../small_trainer';
import { openEngine } from '../../../src/gpu/engine';
import { profileProgram } from '../../../src/runtime/profile';
import { pause } from '../../../src/runtime/pause';
import { searchNotFinite } from '../../../src/runtime/search_not_finite';
import { GpuTimer } from '../../../src/runtime/tuning/gpu_timer';
import { tuningProblems, type TuningProblem } from '../../../src/runtime/tuning/problems';
import { search } from '../../../src/runtime/tuning/search';

const BATCH = 4;

/** A caller who shares the device, and makes mistakes with it before, after and all through calls of the engine. */
export async function besideMistakes(context: JobContext, _args: null) {
  const adapter = (await context.gpu.requestAdapter()) as GPUAdapter;
  const device = await adapter.requestDevice({ label: 'shared' });
  let [made, told, scoped] = [0, 0, 0];
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    told++;
  });
  const mistake = (): void => {
    made++;
    // Neither of the two goes together with the other.
    device.createBuffer({
      label: 'mistake',
      size: 4,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE,
    });
  };
  const scopedMistake = async (): Promise<void> => {
    device.pushErrorScope('validation');
    mistake();
    await pause();
    if ((await device.popErrorScope())?.message.includes('mistake')) scoped++;
  };
  const engine = await openEngine({ adapter, device });
  const { images, labels } = smallImages(BATCH);
  let timed: number | undefined;
  let excluded: string[] | undefined;
  const losses: number[] = [];
  const work = async (): Promise<void> => {
    const trainer = await smallTrainer(engine, BATCH);
    for (let step = 0; step < 3; step++) losses.push((await trainer.step(images, labels)).total);
    await searchNotFinite(trainer.program, {});
    await profileProgram(trainer.program);
    await trainer.checkpoint();
    trainer.destroy();
    // Two kernels, lest all are compiled anew; the budget must not hang on the machine's speed.
    const [problem] = tuningProblems(smallNetwork(BATCH).graph, engine.target) as [TuningProblem];
    const timer = await GpuTimer.create(engine, [problem]);
    const candidates = problem.candidates.slice(0, 2);
    const [found] = await search([{ ...problem, candidates }], timer, { budget: 120 });
    timer.destroy();
    excluded = found?.excluded.map(({ because }) => because);
    timed = found?.times.length;
  };
  mistake();
  let isDone = false as boolean;
  const working = work().finally(() => (isDone = true));
  let scopes = 0;
  while (!isDone) {
    mistake();
    await pause();
    await Promise.resolve();
    await scopedMistake();
    scopes++;
  }
  await working;
  mistake();
  await device.queue.onSubmittedWorkDone();
  await new Promise((resolve) => setTimeout(resolve, 0));
  device.destroy();
  return { made, told: told + scoped, scopes, scoped, losses, excluded, timed };
}
