import { EngineError } from '../../src/core/errors';
import { disagreements, largestError, TOLERANCE, type Agreement } from './compare';
import { CONTENDERS, type Name } from './contenders';
import { installedVersion } from '../install';
import type { PageFace, Run } from './page/face';
import type { Sizes, Task } from './problem';
import type { Row, Table } from './result';
import { spread } from '../jobs/statistics';

export interface Plan extends Sizes {
  readonly task: Task;
  readonly names: readonly Name[];
  readonly rounds: number;
  readonly warmups: number;
  /** Milliseconds that opening each contender took. */
  readonly opening: ReadonlyMap<Name, number>;
  readonly version: string;
  readonly say: (sentence: string) => void;
}

interface Measured {
  readonly loading: number;
  readonly first: Run;
  dispatches: number;
  bytes?: number;
  agreement?: Agreement;
  readonly warm: Run[];
  readonly timed: Run[];
}

/**
 * Times one task. Everybody runs once, outputs are compared, and only then the clock counts: in each round every
 * contender runs once, in an order that moves on by one from round to round.
 * @throws {EngineError} if a contender's outputs differ from the reference's beyond rounding
 */
export async function measure(page: PageFace, plan: Plan): Promise<Table> {
  const { task, rounds, warmups, say } = plan;
  const names = plan.names.filter((name) => CONTENDERS[name].tasks.includes(task));
  const measured = new Map<Name, Measured>();
  for (const name of names) {
    const { loading, ...first } = await page.start(name, task, { batch: plan.batch, size: plan.size });
    measured.set(name, { loading, first, dispatches: NaN, warm: [], timed: [] });
    say(`${task}: ${CONTENDERS[name].title} ready, first run ${Math.round(first.milliseconds)} ms`);
  }
  await compareAll(page, task, measured);
  for (const [name, figures] of measured) {
    const { dispatches, bytes, ...run } = await page.count(name);
    figures.dispatches = dispatches;
    if (bytes !== undefined) figures.bytes = bytes;
    figures.warm.push(run);
    while (figures.warm.length < warmups) figures.warm.push(await page.run(name));
  }
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < names.length; place++) {
      const name = names[(round + place) % names.length] as Name;
      const run = await page.run(name);
      measured.get(name)?.timed.push(run);
      say(
        `${task}: round ${round + 1} of ${rounds}, ${CONTENDERS[name].title} ${Math.round(run.milliseconds)} ms`,
      );
    }
  }
  compareLosses(task, measured);
  for (const name of names) await page.stop(name);
  const absent = plan.names.flatMap((name) => {
    const { title, absent: reasons } = CONTENDERS[name];
    const reason = reasons?.[task];
    return reason === undefined ? [] : [{ title, reason }];
  });
  return { task, rows: [...measured].map(([name, figures]) => rowOf(name, figures, plan)), absent };
}

async function compareAll(page: PageFace, task: Task, measured: Map<Name, Measured>): Promise<void> {
  const [reference, ...others] = measured.keys();
  if (reference === undefined) return;
  for (const name of others) {
    const agreement = await page.compare(name, reference);
    const apart = disagreements(agreement);
    if (apart.length > 0) refuse(task, name, reference, apart.join(', '));
    const figures = measured.get(name);
    if (figures) figures.agreement = agreement;
  }
}

/**
 * Steps that train alike have the same losses all along, so the update is compared as well: relative to the largest loss,
 * as one that has fallen to nearly nothing keeps the error it had.
 */
function compareLosses(task: Task, measured: ReadonlyMap<Name, Measured>): void {
  const [reference, ...others] = [...measured].map(([name, figures]) => [name, lossesOf(figures)] as const);
  if (reference === undefined || reference[1].length === 0) return;
  for (const [name, losses] of others) {
    const error = largestError(losses, reference[1]);
    if (error <= TOLERANCE) continue;
    const apart = `losses of ${losses.length} runs by ${error.toExponential(1)} (at most ${TOLERANCE})`;
    refuse(task, name, reference[0], apart);
  }
}

const lossesOf = ({ first, warm, timed }: Measured): number[] =>
  [first, ...warm, ...timed].flatMap(({ loss }) => loss ?? []);

function refuse(task: Task, name: Name, reference: Name, apart: string): never {
  throw new EngineError(
    `bench peers, ${task}`,
    `${CONTENDERS[name].title} and ${CONTENDERS[reference].title} do not compute the same, so times say nothing`,
    `differences in ${apart}`,
  );
}

function rowOf(name: Name, figures: Measured, { opening, version }: Plan): Row {
  const { title, pack, settings } = CONTENDERS[name];
  const { loading, first, dispatches, bytes, agreement, timed } = figures;
  const times = timed.map(({ milliseconds }) => milliseconds);
  const losses = lossesOf(figures);
  return {
    name,
    title,
    version: pack === undefined ? version : (installedVersion('bench/peers', pack) ?? ''),
    settings,
    opening: opening.get(name) ?? NaN,
    loading,
    first: first.milliseconds,
    dispatches,
    ...spread(times),
    times,
    ...(bytes !== undefined && { bytes }),
    ...(agreement && { agreement }),
    ...(losses.length > 0 && { losses }),
  };
}
