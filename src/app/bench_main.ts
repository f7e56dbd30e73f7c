// The page that measures: opens the GPU, and tells Node how long things take.
import { openEngine } from '../gpu/engine';
import { Alive } from './alive';
import { benchRun, type BenchWishes } from './bench_run';
import { faultOf } from './fault';
import { NodeLink } from './node_link';

const link = new NodeLink(location.hash.slice(1));
const alive = new Alive();
const controller = new AbortController();
window.stopTraining = () => controller.abort();

async function main(): Promise<void> {
  await benchRun({
    open: async () => {
      const engine = await openEngine();
      alive.watch(engine.device.queue);
      return engine;
    },
    wishes: await link.options<BenchWishes>(),
    signal: controller.signal,
    onEvent: (event) => link.report(event),
  });
  await link.report({ kind: 'done' });
}

main().catch((error: unknown) => link.report({ kind: 'failed', fault: faultOf(error) }));
