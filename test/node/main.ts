// `npm run test:node`: the tests that need a GPU, on Dawn in Node, with lavapipe where that is installed or can be.
import { spawn } from 'node:child_process';
import { dawnVersion, installDawn } from '../../bench/dawn/dawn';
import { installLavapipe, lavapipe } from '../../bench/dawn/lavapipe';
import { ROOT } from '../../src/cli/module_server';
import { EngineError } from '../../src/core/errors';
import { errorText, forgetErrors } from '../support/error_table';
import { secondAdapter, type Driver, type Machine } from './second_adapter';

const MACHINE: Machine = {
  lavapipe,
  install: installLavapipe,
  async probe(driver) {
    await installDawn();
    const { code, output } = await run(['test/node/probe.mjs'], driver, 'pipe');
    return { ok: code === 0, told: output.trim().split('\n').at(-1) ?? '' };
  },
};

/**
 * Runs vitest with the arguments and gives its exit code. With `--install`, lavapipe is installed where it is missing;
 * that a machine cannot is no failure: one line says so. With `--both`, test/ops/ops.test.ts runs in Chrome, then on Dawn,
 * and the largest errors of both are printed side by side.
 */
export async function main(args: readonly string[]): Promise<number> {
  const install = args.includes('--install');
  const both = args.includes('--both');
  const tests = args.filter((arg) => arg !== '--install' && arg !== '--both');
  try {
    const adapter = await secondAdapter(MACHINE, install);
    if ('reason' in adapter) {
      if (!adapter.excused) throw new EngineError('test:node', 'has no adapter', adapter.reason);
      console.log(`test:node: not run on a second adapter, because ${adapter.reason}`);
      return 0;
    }
    const { driver, name } = adapter;
    console.log(`${dawnVersion()}, WebGPU adapter: ${name}`);
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...tests];
    const onDawn = ['--config', 'test/node/vitest.config.ts'];
    if (!both) return (await run([...vitest, ...onDawn], driver, 'inherit')).code;
    // Without what tests print: their tables come together at the end.
    vitest.push('test/ops/ops.test.ts', '--silent');
    forgetErrors();
    const chrome = await run(vitest, {}, 'inherit');
    const node = await run([...vitest, ...onDawn], driver, 'inherit');
    console.log(errorText());
    return chrome.code || node.code;
  } catch (error) {
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

function run(
  args: readonly string[],
  env: Driver,
  output: 'inherit' | 'pipe',
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output === 'pipe' ? 'ignore' : output],
    });
    let text = '';
    child.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()));
    // A signal, such as of a crash in the driver, is no success.
    child.on('close', (code, signal) => resolve({ code: code ?? 1, output: text || (signal ?? '') }));
  });
}
