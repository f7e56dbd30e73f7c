import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputError, RunFolder } from '../../src/cli/run_folder';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'inception-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('RunFolder', () => {
  it('makes the folder and leaves only whole files in it', () => {
    const folder = RunFolder.open(join(base, 'a', 'b'));
    expect(readdirSync(folder.path)).toEqual([]);
    folder.write('settings.json', '{}');
    folder.log({ step: 1 });
    folder.log({ step: 2 });
    expect(readdirSync(folder.path).sort()).toEqual(['log.jsonl', 'settings.json']);
    expect(readFileSync(join(folder.path, 'log.jsonl'), 'utf8')).toBe('{"step":1}\n{"step":2}\n');
  });

  it('goes away if nothing came of it, but not what was there before', () => {
    RunFolder.open(join(base, 'new')).removeIfEmpty();
    expect(existsSync(join(base, 'new'))).toBe(false);
    RunFolder.open(base).removeIfEmpty();
    expect(existsSync(base)).toBe(true);
    const kept = RunFolder.open(join(base, 'kept'));
    kept.log({});
    kept.removeIfEmpty();
    expect(existsSync(join(base, 'kept', 'log.jsonl'))).toBe(true);
  });

  it('replaces no other run', () => {
    RunFolder.open(base).log({});
    expect(() => RunFolder.open(base)).toThrow(OutputError);
    expect(() => RunFolder.open(base)).toThrow(
      /^--out: holds the results of another run; got .*log.jsonl; name a new/,
    );
  });

  it('says where nothing can be written', () => {
    writeFileSync(join(base, 'file'), '');
    const open = (): unknown => RunFolder.open(join(base, 'file', 'run'));
    expect(open).toThrow(OutputError);
    expect(open).toThrow(/^--out: nothing can be written there; got .*run \(ENOTDIR.*\); name a folder/);
  });
});
