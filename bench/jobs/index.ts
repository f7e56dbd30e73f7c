import type { JobContext } from './context';
import { kernels } from './kernels';
import { network } from './network';
import { ops } from './ops';
import { soak } from './soak';
import { starts } from './starts';
import { tutorial } from './tutorial';

/** What a host can run, by name: functions of plain data that return plain data. */
export const jobs = { kernels, network, ops, soak, starts, tutorial };

export type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type Arguments<N extends JobName> = Parameters<Jobs[N]>[1];
export type Result<N extends JobName> = Awaited<ReturnType<Jobs[N]>>;

export const runJob = <N extends JobName>(name: N, context: JobContext, args: Arguments<N>) =>
  (jobs[name] as (context: JobContext, args: Arguments<N>) => Promise<Result<N>>)(context, args);
