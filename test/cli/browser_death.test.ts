// A browser must not outlive the process that started it: nobody would ever end it.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnMain } from '../support/command_line';
import { isRunning, stillRunning } from '../support/processes';

it('ends with the process that started it, even if that is killed and a page is busy', async () => {
  const child = spawnMain('/test/support/open_browser.ts');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const processes = JSON.parse(line.toString()) as number[];
  expect(processes.length).toBeGreaterThan(2);
  expect(processes.every(isRunning)).toBe(true);
  child.kill('SIGKILL');
  const left = await stillRunning(processes, 10);
  for (const id of left) process.kill(id, 'SIGKILL');
  expect(left).toEqual([]);
});
