import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BACKWARD_INPUT, BACKWARD_WEIGHT, FORWARD } from '../../src/ops/conv/launch';
import { buildLibrary } from './built';

const LOADER = new URL('../../src/cli/load.mjs', import.meta.url).href;
const START = fileURLToPath(new URL('../../src/cli/start.mjs', import.meta.url));

const PROGRAM = fileURLToPath(new URL('../../dist/cli/inception-webgpu.js', import.meta.url));

const FORMS = { forward: FORWARD, backward_input: BACKWARD_INPUT, backward_weight: BACKWARD_WEIGHT };

/**
 * For runs whose kernels do not matter: all but the smallest are excluded, so that a software adapter compiles them in a third
 * of the time. @param kept are not excluded, either, as `form kernel`
 */
export const smallKernels = (kept: readonly string[] = []): readonly string[] =>
  Object.entries(FORMS)
    .flatMap(([form, kernels]) => kernels.map(({ name }) => `${form} ${name}`))
    .filter((kernel) => !kernel.endsWith(' scalar 4x4') && !kept.includes(kernel));

/** As arguments. */
export const excluding = (kernels: readonly string[]): string[] =>
  kernels.flatMap((kernel) => ['--exclude', kernel]);

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
export const start = (args: readonly string[], watch: Watch = {}): Promise<Ended> =>
  ended(START, args, watch);

/**
 * The package's `inception-webgpu` in a process of its own, with its command: built once, it starts 5 s sooner than from the
 * sources, on a core that has enough to do. @param input what it reads
 */
export function program(
  args: readonly string[],
  watch: Watch = {},
  input?: Uint8Array | string,
): Promise<Ended> {
  buildLibrary();
  return ended(PROGRAM, args, watch, input);
}

function ended(
  script: string,
  args: readonly string[],
  { when, act, env }: Watch,
  input?: Uint8Array | string,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    child.stdin?.end(input);
    let [out, err, waiting] = ['', '', when !== undefined];
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
    child.stdout?.on('data', (text: Buffer) => {
      out += text.toString();
      if (!waiting || !out.includes(when ?? '')) return;
      waiting = false;
      act?.(child);
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** `main(args)` of a module, given by its path in the repository, in a process of its own. */
export function spawnMain(path: string, args: readonly string[] = []) {
  const script = `import { runMain } from ${JSON.stringify(LOADER)}; await runMain(${JSON.stringify(path)});`;
  return spawn(process.execPath, ['--input-type=module', '-e', script, 'script', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
