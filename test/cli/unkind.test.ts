// `npm start` as people run it, in a world that is not kind: through npm, with words that need quotes, on a disk that fills.
import { execFile, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { excluding, smallKernels, start } from '../support/command_line';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true }));
const SMALL = [...'--preset small --batch 1 --size 65 --held-out 1'.split(' '), ...excluding(smallKernels())];

const logged = (folder: string): number =>
  readFileSync(join(folder, 'log.jsonl'), 'utf8').trimEnd().split('\n').length;

describe.runIf(process.platform !== 'win32')('npm start', () => {
  const folder = join(base, "my run's $HOME");
  let resume = '';

  it('ends on SIGTERM to npm as on Ctrl-C, and npm when it has, though nobody reads its errors', async () => {
    const child = spawn('npm', ['start', '--', ...SMALL, '--steps', '5000', '--out', folder], { cwd: ROOT });
    // A stream that is destroyed, or whose writer is gone with something unread, may say so.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    child.stderr.destroy();
    let out = '';
    child.stdout.on('data', (text: Buffer) => {
      const before = out.includes('training 1/');
      out += text.toString();
      if (!before && out.includes('training 1/')) child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(130);
    expect(existsSync(join(folder, 'weights.safetensors'))).toBe(true);
    resume = /^to go on: (.*)$/m.exec(out)?.[1] ?? '';
  });

  it('goes on by the line that was printed, further than it was to go, where nobody reads on', async () => {
    const before = logged(folder);
    const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
      const line = `${resume} --steps ${before + 3} 2>&1 | head -n 5; wait`;
      execFile('sh', ['-c', line], { cwd: ROOT }, (error, text) => resolve({ code: error?.code, out: text }));
    });
    expect({ code, out }).toMatchObject({
      out: expect.stringContaining('node src/cli/start.mjs') as string,
    });
    expect(logged(folder)).toBe(before + 3);
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });
});

// Linux alone has /dev/full.
it.runIf(process.platform === 'linux')(
  'trains as a member of a workspace, in a path with signs, though the disk behind its output is full',
  async () => {
    const member = join(base, 'packages', "é 50% & 'more'");
    mkdirSync(member, { recursive: true });
    for (const name of [
      'src',
      'shaders',
      'package.json',
      'vite.config.ts',
      'vite.cli.config.ts',
      'tsconfig.json',
    ])
      cpSync(join(ROOT, name), join(member, name), { recursive: true });
    // Links instead of copies, where the file system can.
    const modules = [join(ROOT, 'node_modules'), join(base, 'node_modules')];
    await promisify(execFile)('sh', ['-c', 'cp -al "$1" "$2" || cp -a "$1" "$2"', 'sh', ...modules]);
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['src/cli/start.mjs', ...SMALL, '--steps', '2', '--out', 'run'], {
      cwd: member,
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let err = '';
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(logged(join(member, 'run'))).toBe(2);
    expect(existsSync(join(member, 'run', 'report.html'))).toBe(true);
  },
);

it('a disk that takes no checkpoints, no log, no report ends no run, and each has a sentence', async () => {
  const folder = join(base, 'full');
  const ended = await start([...SMALL, '--steps', '4', '--checkpoint-every', '1', '--out', folder], {
    when: 'compiling',
    act: () => {
      // Folders in the way refuse as a full disk does, whoever asks.
      rmSync(join(folder, 'checkpoints'), { recursive: true });
      writeFileSync(join(folder, 'checkpoints'), '');
      for (const name of ['log.jsonl', 'report.html', 'weights.safetensors'])
        mkdirSync(join(folder, name, 'in the way'), { recursive: true });
    },
  });
  expect(ended.code).toBe(1);
  for (const what of ['checkpoint', 'log.jsonl', 'report.html', 'weights.safetensors'])
    expect(
      ended.out.match(new RegExp(`^${what}: cannot be written; got E.*the run goes on`, 'gm')),
    ).toHaveLength(1);
  expect(ended.err).toMatch(
    /: not all could be written; got nothing of .*weights.*; make room, and start again\n$/,
  );
  expect(ended.out).toContain('training 4/4');
  expect(readdirSync(folder).some((name) => name.endsWith('.part'))).toBe(false);
});
