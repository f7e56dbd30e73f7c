// Options out of a settings file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../../src/cli/options';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true }));

const config = (text: string): string => {
  const file = join(base, `${Math.random()}.json`);
  writeFileSync(file, text);
  return file;
};

describe('--config', () => {
  it('gives options, of which those on the command line count more', () => {
    const settings = { batch: 16, rate: '1/100', exclude: ['forward quad 16x32'], tune: false, headed: true };
    const file = config(JSON.stringify({ ...settings, seed: 7 }));
    expect(parseOptions([`--config=${file}`, '--seed', '9'])).toMatchObject({
      wishes: { batch: 16, rate: 0.01, exclude: ['forward quad 16x32'], seed: 9 },
      tune: false,
      headed: true,
    });
    expect(parseOptions(['photos', '--config', file, '--tune'])).toMatchObject({
      pictures: 'photos',
      tune: true,
    });
  });

  it('may be what a run is resumed with, and says no more than an option would', () => {
    const file = config('{ "resume": "a", "batch": 2 }');
    expect(parseOptions(['--config', file])?.resume).toEqual({ folder: 'a', wishes: { batch: 2 } });
    expect(parseOptions(['--config', config('{ "quiet": false }')])?.quiet).toBe(false);
  });

  it.each([
    ['{ "epoch": 2 }', 'has a key that is no option; got epoch; did you mean epochs?'],
    ['{ "config": "x" }', 'has a key that is no option; got config'],
    ['{ "batch": null }', 'batch must be a text, a number, true or false; got null'],
    ['{ "batch": "many" }', '--batch: must be a whole number from 1 to 4096; got "many"'],
    ['[]', '--config: must hold an object; got []'],
    ['{', '--config: cannot be read; got '],
  ])('refuses %s', (text, message) => {
    expect(() => parseOptions(['--config', config(text)])).toThrow(message);
  });

  it('refuses what is no file', () => {
    expect(() => parseOptions(['--config', join(base, 'none')])).toThrow(
      /^--config: cannot be read; got .*ENOENT/,
    );
    expect(() => parseOptions(['--config'])).toThrow('--config');
  });
});
