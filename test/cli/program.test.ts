// What the command line refuses before any browser is started, and what it says of files, in this process.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeCard } from '../../src/app/model_card';
import { picturesFrom } from '../../src/cli/classify/inputs';
import { main } from '../../src/cli/program';
import { writeSafetensors } from '../../src/io/safetensors';
import { plain } from '../data/pictures';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
const before = process.cwd();
const [out, err] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
// Where nobody names another, results go to a folder here. It must last: packages that are loaded meanwhile remember it.
const runs = join(tmpdir(), 'runs');
const runsBefore = existsSync(runs);
beforeAll(() => process.chdir(tmpdir()));
afterEach(() => {
  for (const each of [out, err]) each.mockReset();
});
afterAll(() => {
  process.chdir(before);
  for (const each of [out, err]) each.mockRestore();
  rmSync(base, { recursive: true });
});

/** What `inception-webgpu` says. */
async function said(...args: string[]) {
  for (const each of [out, err]) each.mockReset().mockImplementation(() => undefined);
  const code = await main(args);
  const text = (calls: unknown[][]): string => calls.map((call) => `${call.join(' ')}\n`).join('');
  return { code, out: text(out.mock.calls), err: text(err.mock.calls) };
}

const at = (...names: string[]): string => join(base, ...names);

async function pictures(folder: string, count = 1): Promise<void> {
  mkdirSync(at(folder), { recursive: true });
  for (let index = 0; index < count; index++) {
    const colour = [folder.length * 9, 20 * index, 70] as const;
    writeFileSync(at(folder, `${index}.png`), await plain(12, 9, colour).png().toBuffer());
  }
}

const weights = (metadata: Readonly<Record<string, string>>) =>
  writeSafetensors(new Map([['fc.bias', { shape: [2], data: Float32Array.of(1, 2) }]]), metadata);
const CARD = {
  classes: ['cat', 'dog'],
  size: 65,
  width: 0.125,
  mean: [0.5, 0.5, 0.5],
  deviation: [0.2, 0.2, 0.2],
} as const;

describe('train', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'is not there',
      () => undefined,
      /: cannot be read; got it is not there, or no longer; give a folder or a list\n$/,
    ],
    [
      'is an empty folder',
      () => mkdirSync(at('is an empty folder')),
      /: has no pictures; got an empty folder; \S.*\n$/,
    ],
    [
      'has empty folders',
      () => ['a', 'b'].forEach((name) => mkdirSync(at('has empty folders', name), { recursive: true })),
      /: has no pictures to learn from; .*\n$/,
    ],
    [
      'has one class',
      () => pictures('has one class/cats', 3),
      /: has pictures of one class only; got cats.*: add a folder .*\n$/,
    ],
    [
      'has pictures beside each other',
      () => pictures('has pictures beside each other', 3),
      /beside each other: .*; .*\n$/,
    ],
    ['is a file', () => writeFileSync(at('is a file'), 'text'), /is a file: .*\n$/],
    [
      'has digits without labels',
      () => {
        mkdirSync(at('has digits without labels'));
        writeFileSync(at('has digits without labels', 'train-images-idx3-ubyte'), new Uint8Array(32));
      },
      /has digits without labels: .*\n$/,
    ],
  ])('refuses what %s, in one sentence, and leaves nothing behind', async (name, make, sentence) => {
    await make();
    const found = await said('train', at(name), '--quiet');
    expect(found).toEqual({ code: 1, out: '', err: expect.stringMatching(sentence) as string });
    expect(found.err.startsWith(at(name))).toBe(true);
    expect(found.err.trimEnd()).not.toContain('\n');
    expect(existsSync(runs)).toBe(runsBefore);
  });

  it('refuses a name that is empty, and options that contradict pictures', async () => {
    expect((await said('train', '')).err).toBe(
      'pictures: must name a folder or a list; got ""; leave it out for digits\n',
    );
    expect((await said('train', at('x'), '--held-out', '5')).err).toMatch(
      /^--held-out: is a share of your pictures; got 5/,
    );
    expect((await said('train', at('x'), '--resume', at('y'))).err).toMatch(
      /^--resume: a run goes on with the pictures/,
    );
    expect((await said('train', '--augment', 'paper')).err).toMatch(
      /^--augment: digits are not varied; got paper/,
    );
    expect((await said('train', at('x'), at('y'))).err).toMatch(/^options: .*\n$/);
  });
});

describe('inception-webgpu', () => {
  it('names commands, and the nearest of one that it does not have', async () => {
    expect(await said('evaluat')).toEqual({
      code: 1,
      out: '',
      err: 'inception-webgpu: there is no such command; got evaluat; did you mean evaluate? There are train, classify, evaluate, explain, inspect, compare, bench, doctor\n',
    });
    expect((await said('./photos')).err).toContain(
      'needs a command before the path; got ./photos; such as train ./photos',
    );
    for (const name of ['__proto__', 'constructor'])
      expect((await said(name)).err).toContain(`there is no such command; got ${name}; `);
    for (const args of [[], ['--help'], ['help']]) {
      const { code, out: text } = await said(...args);
      expect(code).toBe(0);
      expect(text).toMatch(/^Usage: npx inception-webgpu <command>/);
    }
    expect((await said('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('classify and evaluate', () => {
  it('need pictures', async () => {
    expect(await said('classify', at('run'))).toEqual({
      code: 1,
      out: '',
      err: "options: missing required argument 'picture'; --help lists them all\n",
    });
    expect((await said('evaluate', at('run'))).err).toContain("missing required argument 'pictures'");
  });

  it('need weights that say which network they belong to', async () => {
    mkdirSync(at('run'));
    writeFileSync(at('plain.safetensors'), weights({}));
    writeFileSync(at('damaged.safetensors'), weights({ card: JSON.stringify({ ...CARD, size: 'large' }) }));
    writeFileSync(at('null.safetensors'), weights({ card: 'null' }));
    writeFileSync(at('half.safetensors'), weights({ card: '{"classes": [' }));
    await pictures('photos/cat');
    for (const [command, more] of [
      ['classify', at('a.png')],
      ['evaluate', at('photos')],
    ] as const) {
      expect((await said(command, at('run'), more)).err).toMatch(
        /run: has no weights; got ENOENT.*; name the folder of a run that has ended, or its weights.safetensors\n$/,
      );
      expect((await said(command, at('none'), more)).err).toMatch(/none: has no weights; got ENOENT.*\n$/);
      expect((await said(command, at('plain.safetensors'), more)).err).toMatch(
        /plain.safetensors: does not say which network it belongs to; got weights without a card; give the folder of a run/,
      );
      for (const name of ['damaged', 'half', 'null'])
        expect((await said(command, at(`${name}.safetensors`), more)).err).toMatch(
          /safetensors: its card is damaged; got [{n]/,
        );
      expect((await said(command, at('photos', 'cat', '0.png'), more)).err).toMatch(
        /0.png: .*safetensors file/,
      );
    }
  });

  it('refuse classes that the run did not learn, and standard input twice', async () => {
    writeFileSync(at('run', 'weights.safetensors'), weights(writeCard(CARD)));
    await pictures('photos/cat');
    await pictures('photos/dogs');
    expect(await said('evaluate', at('run'), at('photos'), '--quiet')).toEqual({
      code: 1,
      out: '',
      err: 'classes: the run did not learn one; got dogs; did you mean dog? There are cat, dog\n',
    });
    expect((await said('evaluate', at('run'), at('nowhere'), '--quiet')).err).toMatch(
      /nowhere: cannot be read; .*\n$/,
    );
    expect((await said('classify', at('run'), '-', '-')).err).toBe(
      '-: standard input can be read once only; name it once\n',
    );
  });
});

describe('standard input', () => {
  const { stdin } = process;
  const reading = async (input: string | Uint8Array, ...named: string[]) => {
    Object.defineProperty(process, 'stdin', {
      value: Readable.from([Buffer.from(input)]),
      configurable: true,
    });
    try {
      return await picturesFrom(named);
    } finally {
      Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
    }
  };
  const files = (found: readonly { readonly file: string }[]): string[] => found.map(({ file }) => file);

  it('brings paths, a line each, in their place among the others', async () => {
    const found = await reading('a b.png\r\n\n c.jpg\n', 'x.png', '-', 'y.png');
    expect(files(found)).toEqual(['x.png', 'a b.png', ' c.jpg', 'y.png']);
    await expect(found[1]?.bytes()).rejects.toThrow(/^a b.png: cannot be read; got ENOENT/);
  });

  it('brings one picture, also one that is damaged', async () => {
    const picture = await plain(12, 9).png().toBuffer();
    for (const bytes of [picture, picture.subarray(0, 50)]) {
      const found = await reading(bytes, '-');
      expect(files(found)).toEqual(['-']);
      expect(Buffer.from((await found[0]?.bytes()) ?? []).equals(bytes)).toBe(true);
    }
  });

  it('must bring something', async () => {
    for (const nothing of ['', ' \n\n'])
      await expect(reading(nothing, '-')).rejects.toThrow(/^-: standard input is empty; give paths/);
  });
});

describe('inspect', () => {
  it('says what a run, a picture and any other file hold', async () => {
    mkdirSync(at('inspected'));
    writeFileSync(at('inspected', 'weights.safetensors'), weights(writeCard(CARD)));
    const text = await said('inspect', at('inspected'));
    expect(text.code).toBe(0);
    expect(text.out).toContain('card: {"classes":["cat","dog"]');
    expect(text.out).toMatch(/^1 tensors?, 2 numbers$/m);
    expect(text.out).toMatch(/^fc\.bias +F32 +2$/m);
    const { out: json } = await said('inspect', at('inspected'), '--json');
    expect(JSON.parse(json)).toMatchObject({
      kind: 'weights',
      metadata: { card: CARD },
      numbers: 2,
      tensors: [{ name: 'fc.bias', dtype: 'F32', shape: [2] }],
    });

    await pictures('inspected');
    expect((await said('inspect', at('inspected', '0.png'))).out).toContain(
      'format: PNG\nwidth: 12\nheight: 9\n',
    );
    const picture = await said('inspect', at('inspected', '0.png'), '--json');
    expect(JSON.parse(picture.out)).toMatchObject({ kind: 'picture', format: 'PNG', width: 12, height: 9 });

    writeFileSync(at('note.txt'), 'hello');
    expect(await said('inspect', at('note.txt'))).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /note.txt: is neither a picture nor a whole safetensors file; got a text file, which begins with "hello"; /,
      ) as string,
    });
    expect((await said('inspect', at('nowhere'))).err).toMatch(
      /nowhere: cannot be read; got ENOENT.*; name a file/,
    );
    expect((await said('inspect', base)).err).toMatch(/: cannot be read; got ENOENT.*; name a file/);
  });
});
