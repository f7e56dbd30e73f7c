import type { PlannedLaunch } from '../../src/graph/plan';
import { workOf } from '../../src/graph/work';
import { TABLES } from '../../src/ops/cases/support/all';
import { caseArrays, caseSize, type OpCase } from '../../src/ops/cases/support/op_case';
import type { Engine } from '../../src/gpu/engine';
import { encodeLaunches } from '../../src/runtime/launches';
import { compile } from '../../src/graph/compile';
import { SingleOp } from '../../src/runtime/single_op';
import { Clock } from './clock';
import { adapterOf, withEngine, type Adapter, type JobContext } from './context';
import { spread, type Spread } from './statistics';

export interface OpsOptions {
  /** Only ops whose name contains this. */
  readonly ops: string;
  readonly rounds: number;
}

export interface OpRow {
  readonly name: string;
  readonly part: 'forward' | 'backward';
  /** Of every tensor once. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly time: Spread;
}

export interface OpsResults {
  readonly adapter: Adapter;
  readonly clock: string;
  readonly options: OpsOptions;
  readonly rows: readonly OpRow[];
}

/** Times the largest case of each op alone, forward and backward. */
export function ops(context: JobContext, options: OpsOptions): Promise<OpsResults> {
  return withEngine(context, {}, async (engine) => {
    const clock = new Clock(engine);
    const rows: OpRow[] = [];
    for (const { op, cases } of TABLES.filter((table) => table.op.name.includes(options.ops))) {
      const [largest] = [...cases].sort((a, b) => caseSize(b) - caseSize(a));
      context.say(`measuring ${op.name}`);
      if (largest) rows.push(...(await timeCase(engine, clock, largest, options.rounds)));
    }
    clock.destroy();
    return { adapter: adapterOf(engine), clock: clock.kind, options, rows };
  });
}

async function timeCase(engine: Engine, clock: Clock, given: OpCase, rounds: number): Promise<OpRow[]> {
  const { name, op, attrs, inputs, gradients } = given;
  const single = await SingleOp.create(engine, op, attrs as never, { inputs, gradients, compile });
  const { program } = single;
  await single.write(caseArrays(given));
  // Gradients read what forward left.
  program.run();
  const rows: OpRow[] = [];
  for (const part of ['forward', 'backward'] as const) {
    const planned: readonly PlannedLaunch[] = program.plan.launches.filter((launch) => launch.part === part);
    if (planned.length === 0) continue;
    const mine = program.begin({ parts: [part] });
    const encode = (pass: GPUComputePassEncoder) => encodeLaunches(engine, pass, mine);
    await clock.time(encode, 1);
    const repeats = await clock.repeatsFor(encode);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await clock.time(encode, repeats));
    rows.push({ name, part, bytes: workOf(planned).bytes, time: spread(times) });
  }
  single.destroy();
  return rows;
}
