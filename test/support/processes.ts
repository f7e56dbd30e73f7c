import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Whether there is such a process, and it has not ended. */
export function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    // Where nobody asks how it ended, its number stays.
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Those that still run after so many seconds. */
export async function stillRunning(ids: readonly number[], seconds: number): Promise<number[]> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const running = ids.filter(isRunning);
    if (running.length === 0 || performance.now() > end) return running;
    await wait(50);
  }
}
