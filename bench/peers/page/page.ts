// The page: all frameworks in one browser, each on a device of its own, one at work at a time.
import { agreementOf, type FirstOutcome } from '../compare';
import type { Name } from '../contenders';
import { problemOf, type Problem, type Sizes, type Task } from '../problem';
import type { Contender, Open, Outcome, Prepared } from './contender';
import { countDispatches } from './count';
import type { PageFace, Run } from './face';

const LOAD: Readonly<Record<Name, () => Promise<{ readonly open: Open }>>> = {
  ours: () => import('./ours'),
  tfjs: () => import('./tfjs'),
  ort: () => import('./ort'),
  'jax-js': () => import('./jax'),
};

interface Started {
  readonly prepared: Prepared;
  readonly first: FirstOutcome;
}

const opened = new Map<Name, Contender>();
const started = new Map<Name, Started>();
const problems = new Map<string, Problem>();
const faults: string[] = [];

function found<T>(map: ReadonlyMap<Name, T>, name: Name): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`${name}: is not there; there are ${[...map.keys()].join(', ')}`);
  return value;
}

/** The same arrays for all, made once. */
function problemFor(task: Task, sizes: Sizes): Problem {
  const key = [task, sizes.batch, sizes.size].join(' ');
  const problem = problems.get(key) ?? problemOf(task, sizes);
  problems.clear();
  problems.set(key, problem);
  return problem;
}

function watch(name: Name, device: GPUDevice): void {
  device.addEventListener('uncapturederror', ({ error }) => faults.push(`${name}: ${error.message}`));
  void device.lost.then(({ reason, message }) => faults.push(`${name}: device lost (${reason}): ${message}`));
}

/** GPU errors arrive as events: a figure beside which one stands is none. */
async function checked<T>(work: Promise<T>): Promise<T> {
  const value = await work;
  if (faults.length > 0) throw new Error(faults.splice(0).join('\n'));
  return value;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; milliseconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, milliseconds: performance.now() - start };
}

async function runOnce(prepared: Prepared): Promise<Run & { readonly outcome: Outcome }> {
  const { value: outcome, milliseconds } = await timed(() => prepared.run());
  return { milliseconds, outcome, ...('loss' in outcome && { loss: outcome.loss }) };
}

/** Without the scores, which nobody asks for again. */
const told = ({ milliseconds, loss }: Run): Run => ({ milliseconds, ...(loss !== undefined && { loss }) });

async function openContender(name: Name) {
  // Fetching the code is the server's time, not the framework's.
  const { open } = await LOAD[name]();
  const { value: contender, milliseconds } = await timed(open);
  opened.set(name, contender);
  watch(name, contender.device);
  const { vendor, architecture, description } = contender.device.adapterInfo;
  return {
    milliseconds,
    adapter: [vendor, architecture, description].filter((part) => part !== '').join(' '),
  };
}

async function start(name: Name, task: Task, sizes: Sizes) {
  const problem = problemFor(task, sizes);
  const contender = found(opened, name);
  const { value: prepared, milliseconds: loading } = await timed(() => contender.prepare(problem));
  const run = await runOnce(prepared);
  started.set(name, { prepared, first: { ...run.outcome, gradients: await prepared.gradients() } });
  return { ...told(run), loading };
}

async function count(name: Name) {
  let run: Run = { milliseconds: NaN };
  const { prepared } = found(started, name);
  const dispatches = await countDispatches(async () => {
    run = await runOnce(prepared);
  });
  const bytes = found(opened, name).bytes?.();
  return { ...told(run), dispatches, ...(bytes !== undefined && { bytes }) };
}

async function stop(name: Name): Promise<void> {
  await found(started, name).prepared.dispose();
  started.delete(name);
}

const face: PageFace = {
  open: (name) => checked(openContender(name)),
  start: (name, task, sizes) => checked(start(name, task, sizes)),
  compare: (name, reference) =>
    Promise.resolve(agreementOf(found(started, name).first, found(started, reference).first)),
  count: (name) => checked(count(name)),
  run: (name) => checked(runOnce(found(started, name).prepared).then(told)),
  stop: (name) => checked(stop(name)),
};
window.peers = face;
