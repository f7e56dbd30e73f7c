import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import type { Target } from '../../../src/core/op';

/** What an engine on this adapter tells those who lower ops. */
export const engineTarget = async (context: JobContext, _args: null): Promise<Target> =>
  (await sharedEngine(context)).target;
