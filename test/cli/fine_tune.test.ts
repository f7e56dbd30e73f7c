// Runs that begin with the weights of another: heads for other classes anew, the rest kept, at first perhaps as it is.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireVariables, startFrom } from '../../src/cli/fine_tune';
import { writeCard } from '../../src/app/model_card';
import { ValueError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import { readCheckpoint } from '../../src/io/checkpoint';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors';
import { googlenet } from '../../src/models/googlenet';
import { chooseSettings, type Wishes } from '../../src/train/presets';
import { readSettings, storeSettings } from '../../src/train/stored_settings';
import { excluding, program, smallKernels, type Ended } from '../support/command_line';
import { noise } from '../data/pictures';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true, maxRetries: 5 }));

const WISHES: Wishes = { preset: 'auto', seed: 0, heldOut: 0.2 };
const HEADS = ['aux_classifier1.fc5', 'aux_classifier2.fc5', 'linear5'];
const CLASSES = ['ant', 'bee'];

/** A file of weights of 1/8 of the width, for images of 80 x 80, all numbers alike. */
function weightsFile(name: string, options: object = {}, metadata = {}): string {
  const net = { classes: 2, batch: 1, inputSize: 80, width: 1 / 8, ...options };
  const tensors = [...googlenet(net).graph.variables.values()].map(({ variable }) => {
    const data = new Float32Array(sizeOf(variable.shape)).fill(0.5);
    return [variable.name, { shape: variable.shape, data }] as const;
  });
  const file = join(base, `${name}.safetensors`);
  writeFileSync(file, writeSafetensors(tensors, metadata));
  return file;
}

const card = (classes: readonly string[]) =>
  writeCard({ classes, size: 80, width: 1 / 8, mean: [0, 0, 0], deviation: [1, 1, 1] });
const layersOf = (fresh: readonly string[]): string[] =>
  [...new Set(fresh.map((name) => name.replace(/\.\w+$/, '')))].sort();

describe('startFrom', () => {
  it('draws the last layers anew for other classes, by number or by name', () => {
    const own = weightsFile('own', {}, card(CLASSES));
    expect(startFrom(own, CLASSES, WISHES)).toMatchObject({
      wishes: { size: 80, width: 1 / 8, fresh: [] },
      note: `begins with the weights of ${own}, of 2 classes: 128 of 128 tensors are kept`,
    });
    expect(layersOf(startFrom(own, ['bee', 'ant'], WISHES).wishes.fresh)).toEqual(HEADS);
    const three = startFrom(own, [...CLASSES, 'cat'], WISHES);
    expect(layersOf(three.wishes.fresh)).toEqual(HEADS);
    expect(three.note).toBe(
      `begins with the weights of ${own}, of 2 classes: 122 of 128 tensors are kept; ` +
        'linear5, aux_classifier1.fc5, aux_classifier2.fc5 begin anew, for 3 classes',
    );
  });

  it('takes any file with the names, whose shapes tell the width', () => {
    const plain = weightsFile('plain', { width: 1 / 4, inputSize: 224 });
    expect(startFrom(plain, CLASSES, WISHES).wishes).toEqual({ size: 224, width: 1 / 4, fresh: [] });
    const halves = weightsFile('halves', { width: 0.3, inputSize: 224 });
    expect(startFrom(halves, CLASSES, WISHES).wishes.fresh).toEqual([]);
    // Their hidden layers count pixels.
    const smaller = startFrom(plain, CLASSES, { ...WISHES, size: 80 }).wishes;
    expect([smaller.size, layersOf(smaller.fresh)]).toEqual([
      80,
      ['aux_classifier1.fc3', 'aux_classifier2.fc3'],
    ]);
    const without = weightsFile('without', { aux: false });
    const parts = ['conv2', 'fc3', 'fc5'].flatMap((layer) =>
      [1, 2].map((at) => `aux_classifier${at}.${layer}`),
    );
    expect(layersOf(startFrom(without, CLASSES, WISHES).wishes.fresh)).toEqual(parts.sort());
  });

  it('refuses another width, another network, and nothing that is new to be trained alone', () => {
    const own = weightsFile('refused', {}, card(CLASSES));
    expect(() => startFrom(own, CLASSES, { ...WISHES, width: 1 / 4 })).toThrow(
      `--width: the weights of ${own} have 1/8; got 1/4; leave it out, or begin with others`,
    );
    expect(() => startFrom(own, CLASSES, { ...WISHES, unfreezeAfter: 3 })).toThrow(
      '--unfreeze-after: nothing is new that could be trained alone: the classes are those of ',
    );
    const other = join(base, 'other.safetensors');
    const data = new Float32Array(2);
    writeFileSync(other, writeSafetensors([['conv1.conv.weight', { shape: [2], data }]]));
    expect(() => startFrom(other, CLASSES, WISHES)).toThrow(
      `${other}: is not of this network: it lacks conv1.weight`,
    );
    const broken = weightsFile('broken');
    const bytes = readFileSync(broken);
    bytes.writeFloatLE(NaN, bytes.length - 4);
    writeFileSync(broken, bytes);
    expect(() => startFrom(broken, CLASSES, WISHES)).toThrow('weights must be finite; got NaN');
    expect(() => startFrom(join(base, 'none'), CLASSES, WISHES)).toThrow(/none: has no weights; got ENOENT/);
  });
});

it('a pattern that names nothing is refused before anything is trained, with the names that there are', () => {
  requireVariables({ ...WISHES, freeze: ['inception3*', 'conv1.weight'] });
  const freeze = (): void => requireVariables({ ...WISHES, freeze: ['inception3*', 'conv9.*'] });
  expect(freeze).toThrow(ValueError);
  expect(freeze).toThrow(
    '--freeze: no variable is called so; got conv9.*; there are conv1.*, reduce2.*, conv2.*, inception3a.*, ' +
      'inception3b.*, inception4a.*, inception4b.*, inception4c.*, inception4d.*, inception4e.*, inception5a.*, ' +
      'inception5b.*, linear5.*, aux_classifier1.*, aux_classifier2.*',
  );
  const rateOf = [{ match: 'linear', rateScale: 10 }];
  expect(() => requireVariables({ ...WISHES, rateOf })).toThrow(
    '--rate-of: no variable is called so; got linear;',
  );
});

it('what was asked for lies in a checkpoint, and comes back checked', () => {
  const asked = {
    ...{ from: 'runs/first', fresh: ['linear5.weight'], unfreezeAfter: 9, freeze: ['conv1.*'] },
    rateOf: [{ match: 'linear5.*', rateScale: 10 }],
  };
  const adapter = { adapterName: 'a GPU', software: false };
  const { settings } = chooseSettings({ ...WISHES, ...asked }, adapter);
  expect(settings).toMatchObject(asked);
  expect(readSettings({ settings: storeSettings(settings) })).toEqual(settings);
  for (const [wrong, message] of [
    [{ freeze: [3] }, 'each of freeze must be a string that is not empty; got 3'],
    [{ rateOf: [{ match: '*', rateScale: -1 }] }, 'each of rateOf'],
    [{ unfreezeAfter: 0 }, 'unfreezeAfter must be a whole number from 1; got 0'],
  ] as const)
    expect(() => readSettings({ settings: { ...storeSettings(settings), ...wrong } })).toThrow(message);
});

describe('a run with --from', () => {
  const photos = (classes: readonly string[]): string => join(base, classes.join(' and '));
  const train = (classes: readonly string[], folder: string, more: string): Promise<Ended> =>
    program([
      ...['train', photos(classes), '--out', join(base, folder)],
      ...'--batch 4 --preset small --seed 5 --augment none --checkpoint-every 1 --no-tune --quiet --judge 0'.split(
        ' ',
      ),
      ...excluding(smallKernels()),
      ...more.split(' '),
    ]);
  const MORE = [...CLASSES, 'cat'];
  const checkpoint = (folder: string, step: number): string =>
    join(base, folder, 'checkpoints', `step-000000000${step}.safetensors`);
  const weights = (folder: string, step: number) =>
    readCheckpoint(readFileSync(checkpoint(folder, step))).weights;
  let first: Ended;
  let tuned: Ended;
  beforeAll(async () => {
    for (const name of MORE)
      for (let at = 0; at < 5; at++) {
        const bytes = await noise(90, 90 + at)
          .png()
          .toBuffer();
        for (const classes of [CLASSES, MORE]) {
          if (!classes.includes(name)) continue;
          const folder = join(photos(classes), name);
          mkdirSync(folder, { recursive: true });
          // Each picture is one of its own.
          writeFileSync(join(folder, `${at}.png`), Buffer.concat([bytes, Buffer.from(`${name} ${at}`)]));
        }
      }
    first = await train(CLASSES, 'first', '--steps 1 --size 65');
    tuned = await train(
      MORE,
      'tuned',
      `--steps 4 --from ${join(base, 'first')} --unfreeze-after 2 --freeze conv1.*`,
    );
  });

  it('keeps what is not of its classes, and trains at first only what is', () => {
    expect(first, first.err).toMatchObject({ code: 0 });
    expect(tuned, tuned.err).toMatchObject({ code: 0 });
    expect(tuned.out).toContain(
      `\nbegins with the weights of ${join(base, 'first')}, of 2 classes: 122 of 128 tensors are kept; linear5, `,
    );
    expect(tuned.out).toMatch(/^preset small: .* images of 65 x 65 /m);
    const { tensors } = readSafetensors(readFileSync(join(base, 'first', 'weights.safetensors')));
    const [second, last] = [weights('tuned', 2), weights('tuned', 4)];
    const moved = (now: typeof second): string[] =>
      [...now].flatMap(([name, { data }]) => {
        const from = tensors.get(name)?.data ?? [];
        return data.length !== from.length || data.some((w, at) => w !== from[at]) ? [name] : [];
      });
    expect(layersOf(moved(second))).toEqual(HEADS);
    expect(second.get('linear5.weight')?.shape).toEqual([3, 128]);
    expect(moved(last).filter((name) => name.startsWith('conv1.'))).toEqual([]);
    expect(moved(last).length).toBeGreaterThan(100);
  });

  it('goes on bit for bit, from before the rest is trained', async () => {
    cpSync(join(base, 'tuned'), join(base, 'resumed'), { recursive: true });
    for (const step of [2, 3, 4]) rmSync(checkpoint('resumed', step), { force: true });
    cpSync(checkpoint('tuned', 2), checkpoint('resumed', 2));
    const ended = await program(['train', '--resume', join(base, 'resumed'), '--quiet', '--judge', '0']);
    expect(ended, ended.err).toMatchObject({ code: 0 });
    expect(ended.out).toContain('goes on from step 2 of 4');
    expect(ended.out).not.toContain('not bit for bit');
    expect(weights('resumed', 4)).toEqual(weights('tuned', 4));
  });
});
