// Subcommands with packages and command lines of their own, in folders of theirs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ValueError } from '../src/core/errors';

export const OTHERS: Readonly<Record<string, string>> = {
  peers: 'Other engines in the same browser, their outputs compared first.',
  fashion: 'Fashion-MNIST: losses and accuracy beside PyTorch.',
  isa: 'The kernels as machine code of nine GPUs.',
  memory:
    'Memory of the network as it is planned, without a GPU: tables, and images of who lives where, when.',
};

/** Runs `bench/<name>/run.mjs` in a process of its own and gives its exit code. */
export function runOther(name: string, args: readonly string[]): Promise<number> {
  const file = fileURLToPath(new URL(`${name}/run.mjs`, import.meta.url));
  if (!existsSync(file)) throw new ValueError('bench', `there is no bench/${name}/run.mjs`, name);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
