import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoints } from '../../src/cli/checkpoints';
import { ChoiceFile } from '../../src/cli/choice_file';
import { startPageServer } from '../../src/cli/page_server';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'inception-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('ChoiceFile', () => {
  it('is empty until something is written, and then whole', () => {
    const file = new ChoiceFile(join(base, 'runs', 'kernels.json'));
    expect(file.read()).toBe('');
    file.write('first');
    file.write('second');
    expect(file.read()).toBe('second');
    expect(readdirSync(join(base, 'runs'))).toEqual(['kernels.json']);
  });

  it('says what is wrong where nothing can be read or written', () => {
    writeFileSync(join(base, 'runs'), '');
    const file = new ChoiceFile(join(base, 'runs', 'kernels.json'));
    expect(() => file.read()).toThrow(/ENOTDIR/);
    expect(() => file.write('text')).toThrow(/EEXIST|ENOTDIR/);
  });

  it('is what the page reads and writes, if it knows the token', async () => {
    const path = join(base, 'kernels.json');
    const server = await startPageServer({
      token: 'secret',
      options: { wishes: { preset: 'auto', seed: 0, heldOut: 1 }, version: '0', profile: false },
      choices: new ChoiceFile(path),
      checkpoints: await openCheckpoints(join(base, 'checkpoints')),
      onWeights: () => undefined,
    });
    try {
      const kernels = (init: RequestInit, token = 'secret') =>
        fetch(new URL('/run/kernels', server.url), { ...init, headers: { 'x-run-token': token } });
      expect(await (await kernels({})).text()).toBe('');
      expect((await kernels({ method: 'POST', body: 'choices' })).status).toBe(204);
      expect(readFileSync(path, 'utf8')).toBe('choices');
      expect(await (await kernels({})).text()).toBe('choices');
      expect((await kernels({ method: 'POST', body: 'foreign' }, 'guess')).status).toBe(403);
      expect(readFileSync(path, 'utf8')).toBe('choices');
    } finally {
      await server.close();
    }
  });
});
