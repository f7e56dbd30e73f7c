import type { Job, JobContext, Reply, Runner } from './job';
import { decode, encode, type Json, type Received } from './wire';

/** `npm test` has jobs run in a page of Chrome, `npm run test:node` in this process, on Dawn. */
const runner: Promise<Pick<Runner, 'run'>> =
  process.env['TEST_HOST'] === 'node'
    ? import('./node_host').then(({ nodeRunner }) => nodeRunner)
    : import('./page_host').then(({ pageRunner }) => pageRunner);

/**
 * Has a job run and gives its result; typed arrays arrive as plain arrays, NaN and infinities as they are.
 *
 *     import type { addOne } from '../support/jobs/harness';
 *     const y = await call<typeof addOne>('addOne', { x: [1, 2] });
 *
 * @throws Error if the job throws, or any GPU error, console error or stray rejection shows while it runs
 */
export const call = async <J extends Job = (context: JobContext, args: Json) => Promise<Json>>(
  name: string,
  args: Parameters<J>[1],
): Promise<Received<Awaited<ReturnType<J>>>> => callOn<J>(await runner, name, args);

/** The same by another runner, such as that of a page of a test's own. */
export async function callOn<J extends Job>(
  on: Pick<Runner, 'run'>,
  name: string,
  args: Parameters<J>[1],
): Promise<Received<Awaited<ReturnType<J>>>> {
  const text = await on.run(name, encode(args));
  const reply = decode(text) as Reply;
  if ('faults' in reply) throw new Error(`job ${name}: ${reply.faults.join('\n')}`);
  return reply.value as Received<Awaited<ReturnType<J>>>;
}
