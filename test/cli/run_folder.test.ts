import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputError } from '../../src/cli/output_error';
import { RunFolder } from '../../src/cli/run_folder';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'inception-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('RunFolder', () => {
  it('makes the folder and leaves only whole files in it', () => {
    const folder = RunFolder.open(join(base, 'a', 'b'));
    expect(readdirSync(folder.path)).toEqual(['lock.json']);
    folder.write('settings.json', '{}');
    folder.log({ step: 1 });
    folder.log({ step: 2 });
    folder.close();
    folder.close();
    expect(readdirSync(folder.path).sort()).toEqual(['log.jsonl', 'settings.json']);
    expect(readFileSync(join(folder.path, 'log.jsonl'), 'utf8')).toBe('{"step":1}\n{"step":2}\n');
  });

  it('goes away if nothing came of it, but not what was there before', () => {
    RunFolder.open(join(base, 'new')).close();
    expect(existsSync(join(base, 'new'))).toBe(false);
    RunFolder.open(base).close();
    expect(existsSync(base)).toBe(true);
    const kept = RunFolder.open(join(base, 'kept'));
    kept.log({});
    kept.close();
    expect(existsSync(join(base, 'kept', 'log.jsonl'))).toBe(true);
  });

  it('replaces no other run', () => {
    RunFolder.open(base).log({});
    expect(() => RunFolder.open(base)).toThrow(OutputError);
    expect(() => RunFolder.open(base)).toThrow(
      /^--out: holds the results of another run; got .*log.jsonl; name a new/,
    );
  });

  it('mixes with no other files unless it is told to', () => {
    writeFileSync(join(base, 'letter.txt'), 'mine');
    const open = (): unknown => RunFolder.open(base);
    expect(open).toThrow(
      /^--out: holds other files; got .*letter\.txt; name a new folder, or .* --overwrite$/,
    );
    const folder = RunFolder.open(base, { overwrite: true });
    folder.log({ step: 1 });
    folder.write('settings.json', '{}');
    const again = RunFolder.open(base, { overwrite: true });
    again.clear();
    again.close();
    expect(readdirSync(base)).toEqual(['letter.txt']);
    expect(() => RunFolder.open(join(base, 'letter.txt'))).toThrow(/^--out: nothing can be written there/);
  });

  it('shares its folder with no other process, and takes it from one that was killed', () => {
    const other = spawn('sleep', ['60']);
    const lock = join(base, 'lock.json');
    const open = (): unknown => RunFolder.open(base);
    const theirs = (host = hostname(), id = other.pid): void =>
      writeFileSync(lock, JSON.stringify({ process: id, host }));
    for (const [host, owner] of [
      [hostname(), `process ${other.pid}`],
      ['elsewhere', `process ${other.pid} of elsewhere`],
    ] as const) {
      theirs(host);
      const problem = `another process writes to this run; got ${owner}; wait until it ends`;
      expect(open).toThrow(`--out: ${problem}`);
      expect(() => RunFolder.again(base)).toThrow(`--resume: ${problem}`);
      expect(existsSync(lock)).toBe(true);
    }
    // The process of nobody, half a lock, something else.
    for (const text of [
      JSON.stringify({ process: 2 ** 22 + 1, host: hostname() }),
      '{"proc',
      '[]',
      'null',
      '{"process":-1}',
    ]) {
      writeFileSync(lock, text);
      const folder = RunFolder.open(base);
      expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ process: process.pid });
      // Whoever has taken it from this one keeps it.
      theirs();
      folder.close();
      expect(existsSync(lock)).toBe(true);
    }
    other.kill();
  });

  it('takes a name of its own where two runs begin in one second', () => {
    const before = process.cwd();
    process.chdir(base);
    const now = new Date(2026, 0, 2, 3, 4, 5);
    const folders = [1, 2, 3].map(() => RunFolder.open(undefined, { now }));
    process.chdir(before);
    const name = '2026-01-02_03-04-05';
    expect(readdirSync(join(base, 'runs')).sort()).toEqual([name, `${name}_2`, `${name}_3`]);
    for (const folder of folders) folder.close();
    expect(readdirSync(join(base, 'runs'))).toEqual([]);
  });

  it('writes later what the disk refuses, and leaves no half file', () => {
    const folder = RunFolder.open(join(base, 'run'));
    folder.log({ step: 1 });
    renameSync(folder.path, join(base, 'away'));
    expect(() => folder.log({ step: 2 })).toThrow(/ENOENT/);
    expect(() => folder.write('report.html', 'text')).toThrow(/ENOENT/);
    renameSync(join(base, 'away'), folder.path);
    mkdirSync(join(folder.path, 'weights.safetensors', 'in the way'), { recursive: true });
    expect(() => folder.write('weights.safetensors', 'numbers')).toThrow();
    expect(readdirSync(folder.path).sort()).toEqual(['lock.json', 'log.jsonl', 'weights.safetensors']);
    folder.log({ step: 3 });
    folder.log();
    expect(folder.logged).toBe('{"step":1}\n{"step":2}\n{"step":3}\n');
  });

  it('says where nothing can be written', () => {
    writeFileSync(join(base, 'file'), '');
    const open = (): unknown => RunFolder.open(join(base, 'file', 'run'));
    expect(open).toThrow(OutputError);
    expect(open).toThrow(/^--out: nothing can be written there; got .*run \(ENOTDIR.*\); name a folder/);
  });

  it.runIf(process.platform === 'linux')('says so where a folder takes no others', () => {
    expect(() => RunFolder.open('/proc/none/run')).toThrow(
      /^--out: nothing can be written there; got .*ENOENT/,
    );
  });
});
