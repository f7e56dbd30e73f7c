// The page: opens the GPU, trains on what Node gives, shows it and tells Node.
import type { EngineError } from '../core/errors';
import { openEngine, type Engine } from '../gpu/engine';
import { Alive } from './alive';
import { digitData } from './digit_data';
import { DoctorPanel } from './doctor_panel';
import type { TrainingEvent } from './events';
import { faultOf, onRefusal } from './fault';
import { findRate } from './find_rate';
import { NodeLink } from './node_link';
import { pagePictures } from './page_pictures';
import { PictureData } from './picture_data';
import { trainRun } from './train_run';
import { View } from './view';

const link = new NodeLink(location.hash.slice(1));
const alive = new Alive();
const controller = new AbortController();
const view = new View(() => stop());
new DoctorPanel(document.getElementById('doctor') as HTMLElement);

function stop(): void {
  controller.abort();
  view.stopping();
}

async function main(): Promise<void> {
  const [options, resume] = await Promise.all([link.options(), link.checkpoint()]);
  const { pictures } = options;
  const data = pictures
    ? new PictureData(
        pictures,
        pagePictures(link),
        pictures.cache,
        (index, reason, instead) => void link.report({ kind: 'unusable', index, reason, instead }),
      )
    : digitData(await link.digits());
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const reloaded = navigation?.type === 'reload';
  if (resume || reloaded) view.wentOn(resume?.step, reloaded);
  if (reloaded) await link.report({ kind: 'notice', text: reloadedText(resume?.step) });
  let refuse: (error: EngineError) => void = () => undefined;
  const faults = new Promise<never>((_resolve, reject) => (refuse = reject));
  const open = async (): Promise<Engine> => {
    const engine = await openEngine();
    alive.watch(engine.device.queue);
    onRefusal(engine, refuse);
    return engine;
  };
  const onEvent = async (event: TrainingEvent): Promise<void> => {
    view.show(event);
    if (event.kind === 'weights') await link.saveWeights(event.bytes, event.raw);
    else if (event.kind === 'step') void link.report(event);
    else await link.report(event);
  };
  const { signal } = controller;
  const evaluation = await Promise.race([
    (options.findRate ? findRate : trainRun)({
      open,
      options,
      data,
      store: link.choices,
      ...(resume ? { resume } : { initial: await link.initial() }),
      onCheckpoint: (checkpoint) => link.saveCheckpoint(checkpoint),
      signal,
      onEvent,
    }),
    faults,
  ]);
  const stopped = evaluation ? 'Stopped by you.' : 'Stopped before the first step; nothing was trained.';
  view.done(signal.aborted ? stopped : 'Done.');
  await link.report({ kind: 'done' });
}

const reloadedText = (step: number | undefined): string =>
  `the page was reloaded; ${step === undefined ? 'the run begins anew' : `going on from step ${step}`}`;

window.stopTraining = stop;
main().catch(async (error: unknown) => {
  const fault = faultOf(error);
  view.failed(fault);
  await link.report({ kind: 'failed', fault });
});
