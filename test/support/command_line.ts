import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../src/cli/start.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Watch {
  /** Once this stands in the output ... */
  readonly when?: string;
  /** ... this is done. */
  readonly act?: (child: ChildProcess) => void;
  readonly env?: Readonly<Record<string, string>>;
}

/** `npm start` in a process of its own. */
export function start(args: readonly string[], { when, act, env }: Watch = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [START, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let [out, err, waiting] = ['', '', when !== undefined];
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      if (!waiting || !out.includes(when ?? '')) return;
      waiting = false;
      act?.(child);
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
