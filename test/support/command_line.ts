import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../src/cli/start.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Watch {
  /** Called with all that was printed, after each piece. */
  readonly output?: (out: string, child: ChildProcess) => void;
  readonly env?: Readonly<Record<string, string>>;
}

/** `npm start` in a process of its own. */
export function start(args: readonly string[], { output, env }: Watch = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [START, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let [out, err] = ['', ''];
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      output?.(out, child);
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
