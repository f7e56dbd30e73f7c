// The page that classifies: opens the GPU, asks Node for pictures and weights, tells what it sees.
import type { CropCount } from '../data/evaluation_crops';
import { openEngine } from '../gpu/engine';
import { Alive } from './alive';
import { classifyRun } from './classify_run';
import type { ClassifyEvent, ExplainWishes } from './events';
import { explainRun } from './explain_run';
import { faultOf } from './fault';
import { NodeLink } from './node_link';
import { pagePictures } from './page_pictures';

/** What Node tells the page before it starts. */
export interface ClassifyPageOptions {
  /** The class of each picture; -1 where nobody knows it. */
  readonly labels: readonly number[];
  readonly top: number;
  readonly crops: CropCount;
  /** Explains the first picture instead. */
  readonly explain?: ExplainWishes | undefined;
}

const link = new NodeLink(location.hash.slice(1));
const alive = new Alive();
const controller = new AbortController();
window.stopTraining = () => controller.abort();

async function main(): Promise<void> {
  const [options, weights] = await Promise.all([link.options<ClassifyPageOptions>(), link.weights()]);
  const run = {
    open: async () => {
      const engine = await openEngine();
      alive.watch(engine.device.queue);
      return engine;
    },
    weights,
    ...options,
    load: pagePictures(link),
    signal: controller.signal,
    onEvent: (event: ClassifyEvent) => link.report(event),
  };
  await (options.explain ? explainRun({ ...run, explain: options.explain }) : classifyRun(run));
  await link.report({ kind: 'done' });
}

main().catch((error: unknown) => link.report({ kind: 'failed', fault: faultOf(error) }));
