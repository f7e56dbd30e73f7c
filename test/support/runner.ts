// Opens one device, and runs jobs by name, one after the other: the same in the page and in Node.
import type { Job, JobContext, JobHost, Reply, Runner } from './job';
import { adapterName, openDevice } from './open_device';
import { decode, encode, type Json } from './wire';

/** What went wrong outside the job's own promise: console errors, stray rejections, GPU errors. */
export type ReportFault = (fault: string) => void;

/**
 * @param open brings what the host has
 * @param watch has faults that only this host knows reported
 */
export function startRunner(open: () => Promise<JobHost>, watch: (report: ReportFault) => void): Runner {
  const opened = openContext(open);
  let faults: string[] = [];
  const report: ReportFault = (fault) => void faults.push(fault);
  const ready = opened.then(async ({ adapter, device }) => {
    device.addEventListener('uncapturederror', ({ error }) => {
      report(`${error.constructor.name}: ${error.message}`);
    });
    watchConsole(report);
    watch(report);
    await loadJobs();
    return adapterName(adapter);
  });

  async function run(context: JobContext, name: string, args: string): Promise<Reply> {
    const job = jobs.get(name);
    if (job === undefined) {
      const unloaded =
        broken.length > 0
          ? `not loaded, for the reason printed before the tests: ${broken.join('; ')}; `
          : '';
      return { faults: [`no job of this name; ${unloaded}there are ${[...jobs.keys()].sort().join(', ')}`] };
    }
    const earlier = faults.map((fault) => `left by an earlier job: ${fault}`);
    faults = [];
    let value: unknown = null;
    try {
      const lost = context.device.lost.then(({ reason, message }) => {
        throw new Error(`the device was lost (${reason}): ${message}`);
      });
      value = await Promise.race([job(context, decode(args) as never), lost]);
      await Promise.race([settle(context.device), lost]);
    } catch (error) {
      report(describe(error));
    }
    const all = [...earlier, ...faults];
    faults = [];
    return all.length > 0 ? { faults: all } : { value: (value ?? null) as Json };
  }

  // Whoever waits for `ready` hears of a failure; it is not a stray rejection as well.
  let previous: Promise<unknown> = ready.catch(() => null);
  return {
    ready,
    run(name, args) {
      const reply = previous.then(async () => encode(await run(await opened, name, args)));
      previous = reply.catch(() => null);
      return reply;
    },
  };
}

const jobs = new Map<string, Job>();
/** Job files that did not load, with the reason; their jobs are missed only when called. */
const broken: string[] = [];

async function loadJobs(): Promise<void> {
  const files = import.meta.glob<Record<string, Job>>('./jobs/*.ts');
  for (const [file, load] of Object.entries(files)) {
    try {
      for (const [name, job] of Object.entries(await load())) {
        if (jobs.has(name)) throw new Error(`there is another job called ${name}`);
        jobs.set(name, job);
      }
    } catch (error) {
      broken.push(`${file}: ${describe(error)}`);
    }
  }
}

async function openContext(open: () => Promise<JobHost>): Promise<JobContext> {
  const host = await open();
  return { ...host, device: await openDevice(host.adapter) };
}

function watchConsole(report: ReportFault): void {
  const print = console.error.bind(console);
  console.error = (...items: unknown[]) => {
    report(`console.error: ${items.map(describe).join(' ')}`);
    print(...items);
  };
}

export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // V8's stack begins with the message.
  return error.stack ?? error.message;
}

/** Errors of GPU work arrive as events; once the queue is idle and the event loop has turned, they are all here. */
async function settle(device: GPUDevice): Promise<void> {
  await device.queue.onSubmittedWorkDone();
  await new Promise((resolve) => setTimeout(resolve, 0));
}
