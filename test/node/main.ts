// `npm run test:node`: the tests that need a GPU, on Dawn in Node, with lavapipe where that is installed.
import { spawn } from 'node:child_process';
import { dawnVersion, installDawn } from '../../bench/dawn/dawn';
import { lavapipe } from '../../bench/dawn/lavapipe';
import { ROOT } from '../../src/cli/module_server';
import { EngineError } from '../../src/core/errors';
import { errorText, forgetErrors } from '../support/error_table';

/**
 * Runs vitest with the arguments and gives its exit code. With `--if-lavapipe`, a machine without that driver is no
 * failure: one line says so. With `--both`, test/ops/ops.test.ts runs in Chrome, then on Dawn, and the largest errors of
 * both are printed side by side.
 */
export async function main(args: readonly string[]): Promise<number> {
  const optional = args.includes('--if-lavapipe');
  const both = args.includes('--both');
  const tests = args.filter((arg) => arg !== '--if-lavapipe' && arg !== '--both');
  try {
    const driver = lavapipe();
    if (optional && !driver) {
      console.log('test:node: not run, because lavapipe (Debian: mesa-vulkan-drivers) is not installed here');
      return 0;
    }
    await installDawn();
    const adapter = await run(['test/node/probe.mjs'], { ...driver }, 'pipe');
    if (adapter.code !== 0) {
      const told = adapter.output.trim().split('\n').at(-1) ?? '';
      if (!optional) throw new EngineError('test:node', 'has no adapter', told);
      console.log(`test:node: not run, because lavapipe does not do for Dawn (Mesa 25 does): ${told}`);
      return 0;
    }
    console.log(`${dawnVersion()}, WebGPU adapter: ${adapter.output.trim()}`);
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...tests];
    const onDawn = ['--config', 'test/node/vitest.config.ts'];
    if (!both) return (await run([...vitest, ...onDawn], { ...driver }, 'inherit')).code;
    // Without what tests print: their tables come together at the end.
    vitest.push('test/ops/ops.test.ts', '--silent');
    forgetErrors();
    const chrome = await run(vitest, {}, 'inherit');
    const node = await run([...vitest, ...onDawn], { ...driver }, 'inherit');
    console.log(errorText());
    return chrome.code || node.code;
  } catch (error) {
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
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
