import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../src/cli/module_server';

/** Where Linux distributions register Vulkan drivers. */
const DRIVER_FOLDERS = ['/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d'];

/** Node's names of processors, and Linux's. */
const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * What to set in the environment so that Vulkan is lavapipe, Mesa's driver that computes on the CPU: empty where a
 * driver was chosen already, undefined where lavapipe is not registered.
 */
export function lavapipe(): Readonly<Record<string, string>> | undefined {
  if (process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES']) return {};
  const names = ['lvp_icd.json', `lvp_icd.${MACHINES[process.arch] ?? process.arch}.json`];
  const found = DRIVER_FOLDERS.flatMap((folder) => listed(folder).map((name) => join(folder, name)));
  const file = found.find((path) => names.some((name) => path.endsWith(`/${name}`)));
  // The second name is what loaders before 2022 know.
  return file === undefined ? undefined : { VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file };
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Installs it with install_mesa.sh, where apt can; gives the sentence that says why it could not. */
export function installLavapipe(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const script = join(ROOT, 'bench/dawn/install_mesa.sh');
    const child = spawn('bash', [script], { stdio: ['inherit', 'inherit', 'pipe'] });
    let told = '';
    child.stderr.on('data', (bytes: Buffer) => (told += bytes.toString()));
    child.on('error', ({ message }) => resolve(message));
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : told.trim() || `${script} ended with ${code}`),
    );
  });
}
