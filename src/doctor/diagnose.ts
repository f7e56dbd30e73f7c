import { messageOf } from '../core/check';
import { AbortError, EngineError, ValueError } from '../core/errors';
import { checkOptions, nearestOf, type Rules } from '../core/options';
import * as is from '../core/rules';
import { requireDevice, type Engine } from '../gpu/engine';
import { describeAdapter, type AdapterDescription } from './adapter';
import { allChecks, unreached } from './all_checks';
import { opOf, type Check, type Direction } from './check';
import { compare, type Result } from './compare';

/** What came of one check in one direction. */
export interface Finding extends Result {
  readonly op: string;
  /** Which of several kernels for a convolution or linear layer; left out where there is but one. */
  readonly kernel?: string;
  readonly direction: Direction;
  /** What was computed. */
  readonly case: string;
  readonly tolerance: number;
  /** Why nothing could be compared: the adapter refused it, or was lost. */
  readonly refused?: string;
}

/** What the doctor found. */
export interface Diagnosis {
  readonly adapter: AdapterDescription;
  readonly findings: readonly Finding[];
  /** Kernels of convolutions that this adapter cannot run, or that were excluded, as `form kernel`. */
  readonly notRun: readonly string[];
  /** Set where only the checks of this op ran. */
  readonly only?: string;
  /** Set where the GPU was lost, which ends the diagnosis: after what. */
  readonly lostAt?: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** How far the diagnosis is. */
export interface DiagnoseProgress {
  /** Checks done, of how many. */
  readonly done: number;
  readonly count: number;
  /** The check that is next. */
  readonly next: string;
}

/** Who is told of progress, and how to stop. */
export interface DiagnoseOptions {
  /** Told of each check before it runs. */
  readonly onProgress?: (progress: DiagnoseProgress) => void;
  readonly signal?: AbortSignal;
  /** Only the checks of this op, such as `max_pool`, or of the `update` or the `network`. Default: all. */
  readonly only?: string;
}

const OPTIONS: Rules<DiagnoseOptions> = {
  onProgress: is.callable,
  signal: is.having('aborted'),
  only: is.text,
};

/**
 * Runs every kernel that this adapter can run, and one training step of a small GoogLeNet, forward and backward, and
 * compares what they compute with float64 loops, and with committed numbers. What is wrong is told, not thrown.
 *
 *     const diagnosis = await diagnose(engine);
 *     if (!diagnosis.ok) console.log(diagnosisText(diagnosis));
 *
 * @param engine its `choose` decides for the network only; whatever else uses its device meanwhile counts as the kernels'
 * @throws {AbortError} once `signal` fires; {ValueError} of an option that is wrong
 * @throws {DeviceLostError} if the device was lost before
 */
export async function diagnose(engine: Engine, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  requireDevice(engine, 'diagnose');
  checkOptions('diagnose', options, OPTIONS);
  const { only } = options;
  const all = allChecks(engine);
  const checks = all.filter((check) => only === undefined || opOf(check) === only);
  if (only !== undefined && checks.length === 0) {
    throw new ValueError(
      'diagnose',
      'only: nothing is checked of this name',
      only,
      nearestOf(only, [...new Set(all.map(opOf))]),
    );
  }
  const diagnosis = await runChecks(engine, checks, options);
  return only === undefined ? diagnosis : { ...diagnosis, only };
}

/** The same with some of the checks. */
export async function runChecks(
  engine: Engine,
  checks: readonly Check[],
  { onProgress, signal }: DiagnoseOptions,
): Promise<Diagnosis> {
  const start = performance.now();
  const findings: Finding[] = [];
  let lostAt: string | undefined;
  for (const [done, check] of checks.entries()) {
    onProgress?.({ done, count: checks.length, next: titleOf(check) });
    if (signal?.aborted)
      throw new AbortError('diagnose', `was stopped after ${done} of ${checks.length} checks`);
    findings.push(...(await findingsOf(engine, check)));
    if (engine.lostReason() === undefined) continue;
    lostAt = titleOf(check);
    break;
  }
  if (lostAt === undefined) onProgress?.({ done: checks.length, count: checks.length, next: 'nothing' });
  return {
    adapter: describeAdapter(engine),
    findings,
    notRun: unreached(engine),
    ...(lostAt !== undefined && { lostAt }),
    ok: lostAt === undefined && findings.every(({ ok }) => ok),
    seconds: (performance.now() - start) / 1000,
  };
}

const titleOf = ({ name, kernel }: Check): string => (kernel === undefined ? name : `${name} by ${kernel}`);

/** One for each direction that the check looks at. */
async function findingsOf(engine: Engine, check: Check): Promise<Finding[]> {
  const { name, kernel, directions, tolerance } = check;
  const about = (direction: Direction) => ({
    op: opOf(check),
    ...(kernel !== undefined && { kernel }),
    direction,
    case: name.slice(name.indexOf('/') + 1),
    tolerance,
  });
  let runs: Awaited<ReturnType<Check['run']>>;
  try {
    runs = await watched(engine, () => check.run(engine));
  } catch (error) {
    const refused = messageOf(error);
    return directions.map((direction) => ({ ...about(direction), ok: false, refused }));
  }
  return directions.map((direction) => ({ ...about(direction), ...compare(check, direction, runs) }));
}

/** Throws what the device reports meanwhile, which otherwise shows nowhere. */
async function watched<T>({ device }: Engine, work: () => Promise<T>): Promise<T> {
  const filters = ['validation', 'internal', 'out-of-memory'] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  const [outcome] = await Promise.allSettled([work()]);
  // A lost device has nothing to report; whoever asks it for its loss hears of that.
  const reports = filters.map(() => device.popErrorScope().catch(() => null));
  const reported = (await Promise.all(reports)).find((error) => error !== null);
  if (outcome.status === 'rejected') throw outcome.reason as Error;
  if (reported) throw new EngineError('GPU', reported.message);
  return outcome.value;
}
