// Pictures of one's own through the command line, in processes of its own: trained, killed, gone on with, judged, classified.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Evaluation } from '../../src/app/events';
import { readCard } from '../../src/app/model_card';
import { readSafetensors } from '../../src/io/safetensors';
import { excluding, program, smallKernels, type Ended } from '../support/command_line';
import { noise } from '../data/pictures';

const base = mkdtempSync(join(tmpdir(), 'inception-'));
afterAll(() => rmSync(base, { recursive: true, maxRetries: 5 }));
const photos = join(base, 'my photos');

const STEPS = 8;
const CLASSES = ['blue squares', 'grüne Dreiecke', 'red circles'];
const SHAPES = {
  'red circles': '<circle cx="32" cy="32" r="24" fill="#c22"/>',
  'blue squares': '<rect x="10" y="12" width="44" height="40" fill="#22c"/>',
  'grüne Dreiecke': '<path d="M32 6 60 58 4 58Z" fill="#2b2"/>',
};
const EACH = 13;

/** Shapes on grounds of several greys, in sizes of their own. */
async function makePhotos(): Promise<void> {
  for (const [name, shape] of Object.entries(SHAPES)) {
    mkdirSync(join(photos, name), { recursive: true });
    for (let at = 0; at < EACH; at++) {
      const [width, height, grey] = [48 + 7 * at, 90 - 3 * at, 90 + 10 * at];
      const ground = `<rect width="64" height="64" fill="rgb(${grey},${grey},${grey})"/>`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 64 64">${ground}${shape}</svg>`;
      const picture = sharp(Buffer.from(svg)).flatten();
      const file = join(photos, name, `${at}`);
      if (at % 2 === 0) await picture.png().toFile(`${file}.png`);
      else await picture.jpeg().toFile(`${file}.jpg`);
    }
  }
  writeFileSync(join(photos, 'red circles', 'notes.jpg'), 'Taken in the park.');
  // Its beginning and its end are whole.
  const broken = await noise(50, 50).png().toBuffer();
  broken.fill(0x55, 2000, 4000);
  writeFileSync(join(photos, 'blue squares', 'broken.png'), broken);
}

const train = (folder: string, more: readonly string[] = []): string[] => [
  ...['train', photos, '--out', join(base, folder)],
  ...`--batch 4 --size 65 --width 0.125 --preset small --seed 5 --steps ${STEPS}`.split(' '),
  ...'--augment paper --smoothing 0.1 --balance --mix-up 0.4 --average equal'.split(' '),
  ...'--dump-batch --checkpoint-every 4 --no-tune'.split(' '),
  ...excluding(smallKernels()),
  ...more,
];

const bytesOf = (folder: string): Buffer => readFileSync(join(base, folder, 'weights.safetensors'));
const losses = (folder: string): unknown[] =>
  readFileSync(join(base, folder, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

/** A run that dies once it has a checkpoint. */
const killedRun = (): Promise<Ended> =>
  program(train('killed'), {
    when: 'first step done',
    act: (child) => {
      const folder = join(base, 'killed', 'checkpoints');
      void (async () => {
        while (!readdirSync(folder).some((name) => name.endsWith('.safetensors'))) await wait(10);
        child.kill('SIGKILL');
      })();
    },
  });

let whole: Ended;
let killed: Ended;
beforeAll(async () => {
  await makePhotos();
  [whole, killed] = await Promise.all([program(train('whole', ['--json', '--judge', '60%'])), killedRun()]);
});

describe('train', () => {
  it('prints one line of JSON, and all else beside it', () => {
    expect(whole.code, whole.err).toBe(0);
    expect(lines(whole.out)).toEqual([
      {
        accuracy: expect.any(Number) as number,
        top5: null,
        loss: expect.any(Number) as number,
        count: expect.any(Number) as number,
        classes: CLASSES,
        perClass: CLASSES.map((name) => expect.objectContaining({ class: name }) as object),
        confusion: CLASSES.map(() => new Array<unknown>(3).fill(expect.any(Number))),
        calibration: { bins: expect.any(Array) as unknown[], error: expect.any(Number) as number },
        steps: STEPS,
        run: join(base, 'whole'),
      },
    ]);
    expect(whole.err).toContain(`learns the pictures of ${photos};`);
    expect(whole.err).toMatch(
      /^40 pictures of 3 classes, \d+ to learn from and \d+ held out: blue squares 14, grüne Dreiecke 13, red circles 13$/m,
    );
    expect(whole.err).toContain('left out: red circles/notes.jpg (a text file');
    expect(whole.err).toMatch(/^pictures: steps waited .*; \d+ decoded, \d+ taken from memory$/m);
  });

  it('names a picture that cannot be decoded, once, and goes on', () => {
    expect(whole.err.match(/^blue squares\/broken.png: cannot be decoded; .*$/gm)).toEqual([
      expect.stringMatching(/; another picture of its class takes its place$/),
    ]);
  });

  it('shows the first batch as the network sees it', async () => {
    expect(whole.err).toContain(`${join(base, 'whole')}/batch.png shows the first 4 images`);
    const view = sharp(join(base, 'whole', 'batch.png'));
    expect(await view.metadata()).toMatchObject({ format: 'png', width: 131, height: 131 });
    // Pictures that were mixed are no single colour.
    const { channels } = await view.stats();
    expect(channels.slice(0, 3).every(({ stdev }) => stdev > 5)).toBe(true);
  });

  it('keeps where the pictures lie, and weights that know their classes', () => {
    const settings = JSON.parse(readFileSync(join(base, 'whole', 'settings.json'), 'utf8')) as object;
    expect(settings).toMatchObject({
      pictures: {
        path: photos,
        heldOut: 0.2,
        seed: 5,
        digest: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      },
      settings: {
        augment: 'paper',
        steps: STEPS,
        smoothing: 0.1,
        balance: true,
        mixUp: 0.4,
        average: 'equal',
        classWeights: expect.any(Array) as number[],
      },
    });
    const { metadata } = readSafetensors(bytesOf('whole'));
    expect(metadata['data']).toBe('pictures');
    expect(readCard('weights', metadata)).toMatchObject({ classes: CLASSES, size: 65, width: 0.125 });
    const page = readFileSync(join(base, 'whole', 'report.html'), 'utf8');
    expect(page).toContain('grüne Dreiecke');
  });

  // The run that was killed was judged less often, and comes to the same bits.
  it('is judged while it trains', () => {
    const judged = lines(readFileSync(join(base, 'whole', 'judged.jsonl'), 'utf8'));
    expect(judged.length).toBeGreaterThan(0);
    for (const each of judged)
      expect(each).toEqual({
        step: expect.any(Number) as number,
        accuracy: expect.any(Number) as number,
        loss: expect.any(Number) as number,
        count: expect.any(Number) as number,
      });
  });

  it('ends once enough is right, and says so', async () => {
    const longer = train('early').map((arg) => (arg === `${STEPS}` ? '300' : arg));
    const ended = await program([...longer, ...'--judge 60% --until 1% --patience 9'.split(' ')]);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^held-out accuracy reached [\d.]+ % after step \d+; that is enough$/m);
    expect(ended.out).toMatch(/^the weights are those of step \d+$/m);
    expect(ended.out).toMatch(/^held-out accuracy .*, stopped after \d+ of 300 steps, /m);
  });

  it('goes on after it was killed, bit for bit', async () => {
    expect(killed.code).toBe(null);
    const resumed = await program(['train', '--resume', join(base, 'killed'), '--quiet']);
    expect(resumed).toMatchObject({ code: 0, err: '' });
    expect(resumed.out).toMatch(/^goes on from step [48] of 8$/m);
    expect(resumed.out).not.toContain('the pictures are not those');
    expect(resumed.out).not.toMatch(/^(training|classifying|compiling kernels|looking at pictures) \d/m);
    expect(bytesOf('killed').equals(bytesOf('whole'))).toBe(true);
    expect(losses('killed')).toEqual(losses('whole'));
  });
});

describe('what was learnt', () => {
  const run = join(base, 'whole');
  const picture = (name: string): string => join(photos, name);

  const [circle, square] = [picture('red circles/0.png'), picture('blue squares/1.jpg')];
  const missing = join(base, 'missing.png');
  const out = join(base, 'why.html');
  const explain = (...more: string[]): Promise<Ended> =>
    program(['explain', run, circle, '--out', out, ...more]);
  let [json, text, classified, explained] = [] as unknown as [Ended, Ended, Ended, Ended];
  beforeAll(async () => {
    [json, text, classified, explained] = await Promise.all([
      program(['evaluate', run, photos, '--json', '--quiet']),
      program(['evaluate', join(run, 'weights.safetensors'), photos, '--crops', '10']),
      program(['classify', run, circle, missing, '-', '--json', '--top', '2'], {}, readFileSync(square)),
      explain('--class', 'grüne Dreiecke', '--layer', 'conv2', '--samples', '2', '--json'),
    ]);
  });

  it('judges pictures, for people and for programs', () => {
    // Of the broken picture nobody can say what it is.
    expect(json).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^blue squares\/broken.png: cannot be decoded; .*\n$/) as string,
    });
    const [found] = lines(json.out) as [{ accuracy: number; count: number; confusion: number[][] }];
    expect(found).toMatchObject({ count: 39, classes: CLASSES, top5: null });
    expect(found.confusion.map((row) => row.reduce((a, b) => a + b, 0))).toEqual([13, 13, 13]);
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/\(\d+ of 39\) right\nloss /);
    expect(text.out).toMatch(/^grüne Dreiecke +\d+(\.\d)? % +13 +\d+$/m);
    expect(text.err).toContain('looking at pictures 41/41\n');
  });

  it('classifies files, and what standard input brings', () => {
    expect(classified.code).toBe(1);
    expect(classified.err).toContain(`\n${missing}: cannot be read; got ENOENT`);
    const answers = lines(classified.out) as {
      file: string;
      top: { class: string; probability: number }[];
    }[];
    expect(answers.map(({ file }) => file)).toEqual([circle, '-']);
    for (const { top } of answers) {
      expect(top).toHaveLength(2);
      for (const guess of top) expect(CLASSES).toContain(guess.class);
      expect(top[0]?.probability).toBeGreaterThanOrEqual(top[1]?.probability ?? NaN);
    }
  });

  it('takes the mean over crops, which a mirror does not change', async () => {
    const mirrored = join(base, 'mirrored.png');
    await sharp(square).flop().png().toFile(mirrored);
    const same = join(base, 'same.png');
    await sharp(square).png().toFile(same);
    const both = ['classify', run, same, mirrored, '--json'];
    const [ten, one] = await Promise.all([program([...both, '--crops', '10']), program(both)]);
    const of = ({ out }: Ended): Map<string, number>[] =>
      lines(out).map((line) => {
        const { top } = line as { top: { class: string; probability: number }[] };
        return new Map(top.map((guess) => [guess.class, guess.probability]));
      });
    const [[a, b], [c]] = [of(ten), of(one)];
    for (const name of CLASSES) expect(a?.get(name)).toBeCloseTo(b?.get(name) ?? NaN, 5);
    expect(CLASSES.some((name) => Math.abs((a?.get(name) ?? 0) - (c?.get(name) ?? 0)) > 1e-4)).toBe(true);
  });

  it('explains a picture in a page that stands alone', async () => {
    expect(explained.code, explained.err).toBe(0);
    const [said] = lines(explained.out) as [{ top: { class: string }[] }];
    expect(said).toMatchObject({ file: circle, class: 'grüne Dreiecke', out });
    expect(said.top.map((guess) => guess.class).sort()).toEqual(CLASSES);
    expect(explained.err).toMatch(/^smoothing the gradient 2\/2$/m);
    const page = readFileSync(out, 'utf8');
    const guess = said.top[0]?.class ?? '';
    const maps = new Set([guess, 'grüne Dreiecke']);
    for (const name of maps) expect(page).toContain(`what each place adds to the score of ${name}, `);
    expect(page).toContain('What conv2 makes of it');
    expect(page).not.toMatch(/<script|src="(?!data:)/);
    const images = [
      ...page.matchAll(
        /<img[^>]* src="data:image\/png;base64,([^"]+)" width="(\d+)" height="(\d+)" alt="[^"]+/g,
      ),
    ];
    expect(images).toHaveLength(4 + maps.size);
    for (const [, file = '', width, height] of images) {
      const { info } = await sharp(Buffer.from(file, 'base64')).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: Number(width), height: Number(height), channels: 4 });
    }
    // 17 x 17 pixels, 24 maps in five rows.
    expect(images.at(-2)?.slice(2)).toEqual(['89', '89']);
  });

  it.each([
    [
      ['--class', 'red circle'],
      '--class: the run did not learn it; got red circle; did you mean red circles?',
    ],
    [
      ['--layer', 'conv9'],
      '--layer: the network has no feature maps of this name; got conv9; did you mean conv1?',
    ],
  ])('explains nothing for %j', async (wrong, message) => {
    const { code, err } = await explain(...wrong);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  it('shows where it was surest and wrong in its report', () => {
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    const [, data = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/.exec(page) ?? [];
    const { evaluation } = JSON.parse(data) as { evaluation: Evaluation };
    const { labels, guesses, probabilities, why } = evaluation;
    const wrong = labels.flatMap((label, at) => (guesses[at] === label ? [] : [at]));
    const sure = (at: number): number => probabilities[at] ?? NaN;
    expect(why?.mistakes.length).toBe(Math.min(8, wrong.length));
    expect(why?.mistakes.map(sure)).toEqual(
      wrong
        .map(sure)
        .sort((a, b) => b - a)
        .slice(0, 8),
    );
    expect(why?.shown.count).toBe(why?.mistakes.length);
    for (const map of why?.maps ?? []) {
      expect(map.shape).toEqual([3, 3]);
      expect(new Set(map.data).size).toBe(9);
    }
    expect(why?.filters).toMatchObject({ width: 23, height: 23 });
    expect(page.includes('id="mistakes"')).toBe(wrong.length > 0);
    expect(page).toContain('id="filters"');
  });

  it('goes on with other pictures only where it says so', async () => {
    writeFileSync(picture('red circles/new.png'), await noise(40, 40).png().toBuffer());
    const said = 'the pictures are not those that the run began with';
    const act = (child: ChildProcess): void => void child.kill('SIGINT');
    const stopped = await program(['train', '--resume', run, '--steps', '50'], { when: said, act });
    expect(stopped).toMatchObject({ code: 130, err: '' });
    expect(stopped.out).toContain('41 pictures of 3 classes');
  });
});
