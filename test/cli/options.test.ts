import { describe, expect, it, vi } from 'vitest';
import { ValueError } from '../../src/core/errors';
import { parseOptions } from '../../src/cli/options';
import { OPTIMIZERS } from '../../src/optim/registry';

describe('parseOptions', () => {
  it('has a default for everything', () => {
    const others = { headed: false, cache: 256e6, json: false, quiet: false, judging: {} };
    expect(parseOptions([])).toEqual({ wishes: { preset: 'auto', seed: 0, heldOut: 1000 }, ...others });
    expect(parseOptions(['photos'])).toEqual({
      wishes: { preset: 'auto', seed: 0, heldOut: 0.2, augment: 'paper' },
      pictures: 'photos',
      ...others,
    });
  });

  it('reads every option', () => {
    const args =
      '--preset table1 --steps 7 --batch 3 --size 96 --width 1/4 --rate 1e-3 --optimizer sgd --seed 5 ' +
      '--held-out 10 --out here --browser /b --headed --profile --memory 1.5GB --checkpoint-every 9 ' +
      '--micro-batches 3 --recompute 200MB --host chrome --recipe caffe --decay step --warmup 2 --weight-decay 0 ' +
      '--average equal';
    const kernels = ['forward quad 16x32', 'backward_input quad 16x32'];
    const excluded = kernels.flatMap((kernel) => ['--exclude', kernel]);
    expect(parseOptions([...args.split(' '), ...excluded])).toEqual({
      wishes: {
        preset: 'table1',
        steps: 7,
        batch: 3,
        microBatches: 3,
        recompute: 2e8,
        exclude: kernels,
        size: 96,
        width: 0.25,
        rate: 0.001,
        ...{ optimizer: 'sgd', recipe: 'caffe', decay: 'step', warmup: 2, weightDecay: 0, average: 'equal' },
        seed: 5,
        heldOut: 10,
      },
      out: 'here',
      browser: '/b',
      host: 'chrome',
      headed: true,
      profile: true,
      memory: 1.5e9,
      checkpointEvery: 9,
      cache: 256e6,
      json: false,
      quiet: false,
      judging: {},
    });
  });

  it('reads what a run begins with, and what it trains otherwise', () => {
    const args = '--from a --unfreeze-after 9 --freeze conv1.* --freeze b --rate-of a=b=0 --rate-of c=1/2';
    expect(parseOptions(args.split(' '))).toMatchObject({
      wishes: {
        ...{ from: 'a', unfreezeAfter: 9, freeze: ['conv1.*', 'b'] },
        rateOf: [
          { match: 'a=b', rateScale: 0 },
          { match: 'c', rateScale: 0.5 },
        ],
      },
    });
    expect(parseOptions(['--find-rate', '--from', 'a'])).toMatchObject({
      findRate: true,
      wishes: { from: 'a' },
    });
  });

  it('reads every option of pictures', () => {
    const args =
      'photos --epochs 3 --held-out 10% --augment mirror --cache 1GB --json --quiet --judge 10% --until 0.9 --patience 3';
    expect(parseOptions(args.split(' '))).toEqual({
      wishes: { preset: 'auto', seed: 0, heldOut: 0.1, epochs: 3, augment: 'mirror' },
      pictures: 'photos',
      cache: 1e9,
      json: true,
      quiet: true,
      judging: { share: 0.1, until: 0.9, patience: 3 },
      headed: false,
    });
    expect(parseOptions(['photos', '--held-out', '1/4'])?.wishes.heldOut).toBe(0.25);
  });

  it.each([
    [[], undefined],
    [['--tune'], true],
    [['--no-tune'], false],
  ])('%j tunes: %j', (args, tune) => {
    expect(parseOptions(args)?.tune).toBe(tune);
  });

  it.each([
    ['--steps 0', '--steps: must be a whole number from 1 to 1000000; got "0"'],
    ['--steps 1.5', '--steps: must be a whole number from 1 to 1000000; got "1.5"'],
    ['--steps -3', '--steps: must be a whole number from 1 to 1000000; got "-3"'],
    ['--batch many', '--batch: must be a whole number from 1 to 4096; got "many"'],
    ['--size 64', '--size: must be a whole number from 65 to 1024; got "64"'],
    ['--width 0', '--width: must be a number above 0, at most 4, such as 0.25 or 1/4; got "0"'],
    ['--width 1/0', '--width: must be a number above 0, at most 4, such as 0.25 or 1/4; got "1/0"'],
    ['--width 1/2/3', '--width: must be a number above 0, at most 4, such as 0.25 or 1/4; got "1/2/3"'],
    ['--rate NaN', '--rate: must be a number above 0, at most 10, such as 0.25 or 1/4; got "NaN"'],
    ['--rate 1e-60', '--rate: must be a number above 0, at most 10, such as 0.25 or 1/4; got "1e-60"'],
    [`--memory ${'9'.repeat(400)}GB`, '--memory: must be an amount such as 2GB, 512MB or 1.5GiB; got "999'],
    ['--rate=', '--rate: must be a number above 0, at most 10, such as 0.25 or 1/4; got nothing'],
    ['--optimizer lion', `--optimizer: must be one of ${Object.keys(OPTIMIZERS).join(', ')}; got "lion"`],
    ['--recipe own', '--recipe: must be one of adam, paper, caffe, adamw; got "own"'],
    ['--decay fast', '--decay: must be one of none, linear, cosine, polynomial, step, one-cycle; got "fast"'],
    ['--average some', '--average: must be one of none, equal, exponential; got "some"'],
    [
      '--weight-decay -1',
      '--weight-decay: must be a number above 0, at most 1, such as 0.25 or 1/4; got "-1"',
    ],
    ['--preset big', '--preset: must be one of auto, table1, small; got "big"'],
    ['--seed 4294967296', '--seed: must be a whole number from 0 to 4294967295; got "4294967296"'],
    ['--held-out 10001', '--held-out: must be a whole number from 1 to 10000, or a share such as'],
    ['--memory 2', '--memory: must be an amount such as 2GB, 512MB or 1.5GiB; got "2"'],
    ['--memory 0MB', '--memory: must be an amount such as 2GB, 512MB or 1.5GiB; got "0MB"'],
    ['--memory 1.2.3GB', '--memory: must be an amount such as 2GB, 512MB or 1.5GiB; got "1.2.3GB"'],
    ['--memory 2XB', '--memory: must be an amount such as 2GB, 512MB or 1.5GiB; got "2XB"'],
    ['--micro-batches 0', '--micro-batches: must be a whole number from 1 to 4096; got "0"'],
    ['--recompute 5', '--recompute: must be an amount such as 2GB, 512MB or 1.5GiB; got "5"'],
    ['--exclude=', '--exclude: must name a kernel; got nothing'],
    ['--resume=', '--resume: must name the folder of a run; got nothing'],
    ['--resume a --out b', '--out: a run that goes on stays in its folder; got b; leave it or --resume out'],
    ['--resume a --tune', '--tune: a run goes on with the kernels it began with; leave it out'],
    ['--host dawn', '--host: must be one of chrome, node; got "dawn"'],
    ['--host node --headed', '--headed: there is no window with --host node; leave it out'],
    [
      '--host node --browser /b',
      '--browser: there is none with --host node; got /b; leave one of the two out',
    ],
    ['--checkpoint-every 0', '--checkpoint-every: must be a whole number from 1 to 1000000; got "0"'],
    ['--out=', '--out: must name a folder; got nothing'],
    ['--stesp 3', "options: unknown option '--stesp' (Did you mean --steps?); --help lists them all"],
    ['--lr 1', "options: unknown option '--lr' (Did you mean --rate?); --help lists them all"],
    ['--epoch 1', "options: unknown option '--epoch' (Did you mean --epochs?); --help lists them all"],
    ['--epochs 1 --steps 2', '--epochs: --steps says otherwise; got 1; leave one of the two out'],
    ['--resume a --epochs 2', '--epochs: a run that goes on counts its steps; got 2; give --steps'],
    ['photos --resume a', '--resume: a run goes on with the pictures that it began with; got photos'],
    [
      '--augment paper',
      '--augment: digits are not varied; got paper; name a folder of pictures, or leave it out',
    ],
    ['--mix-up 0.2', '--mix-up: digits are not mixed; got 0.2; name a folder of pictures, or leave it out'],
    ['photos --augment much', '--augment: must be one of none, mirror, paper; got "much"'],
    ['--held-out 0.5', '--held-out: counts digits; got 0.5; give a whole number'],
    [
      'photos --held-out 50',
      '--held-out: is a share of your pictures; got 50; give a number below 1, such as 0.2',
    ],
    [
      '--held-out 0',
      '--held-out: must be a whole number from 1 to 10000, or a share such as 0.2 or 20%; got "0"',
    ],
    ['--resume a --from b', '--from: a run goes on with the weights of its checkpoint; got b; leave it out'],
    ['--unfreeze-after 3', '--unfreeze-after: all is new without --from; got 3; leave it out'],
    ['--rate-of linear5', '--rate-of: must be a pattern and a factor, such as linear5.*=10; got "linear5"'],
    ['--rate-of a=b', '--rate-of: must be a number above 0, at most 1000, such as 0.25 or 1/4; got "b"'],
    [
      '--find-rate --decay cosine',
      '--decay: --find-rate goes through rates and keeps nothing; leave one of the two out',
    ],
    [
      '--from a --unfreeze-after 9 --find-rate',
      '--unfreeze-after: --find-rate goes through rates and keeps nothing; leave one of the two out',
    ],
    ['--judge 2', '--judge: must be a share from 0 to below 1, such as 0.05 or 5%; got "2"'],
    ['--judge 100%', '--judge: must be a share from 0 to below 1, such as 0.05 or 5%; got "100%"'],
    ['--until 0', '--until: must be a share above 0, up to 1, such as 0.05 or 5%; got "0"'],
    ['--judge 0 --until 0.9', '--until: needs judgements; give --judge a share'],
    ['--judge 0 --patience 2', '--patience: needs judgements; give --judge a share'],
    ['photos --cache 5', '--cache: must be an amount such as 2GB, 512MB or 1.5GiB; got "5"'],
    ['--bs=4', "options: unknown option '--bs=4' (Did you mean --batch?); --help lists them all"],
    ['--batchSize 4', "options: unknown option '--batchSize' (Did you mean --batch?); --help lists them all"],
    [
      '--held_out 4',
      "options: unknown option '--held_out' (Did you mean --held-out?); --help lists them all",
    ],
    ['--output a', "options: unknown option '--output' (Did you mean --out?); --help lists them all"],
    ['-o a', "options: unknown option '-o' (Did you mean --out?); --help lists them all"],
    ['--tune --no-tune', 'options: only one of these counts; got --tune and --no-tune; leave one out'],
    ['--seed 1 --seed=2', 'options: only one of these counts; got --seed and --seed=2; leave one out'],
    ['--overwrite', '--overwrite: needs --out, for a folder of its own is new; leave it out'],
    ['--overwrite --resume a', '--overwrite: a run that goes on replaces nothing; leave it out'],
    ['--steps', "options: option '--steps <n>' argument missing; --help lists them all"],
    ['ten 100', 'options: a word that belongs to no option; got "ten 100"; --help lists them all'],
  ])('refuses %s', (args, message) => {
    const parse = (): unknown => parseOptions(args.split(' '));
    expect(parse).toThrow(ValueError);
    expect(parse).toThrow(message);
  });

  it('names options that the environment contradicts, or npm has taken', () => {
    vi.stubEnv('INCEPTION_BROWSER_ARGS', '--mute-audio --headless=new');
    expect(() => parseOptions(['--headed'])).toThrow(
      /^--headed: INCEPTION_BROWSER_ARGS says otherwise; got --mute/,
    );
    vi.stubEnv('npm_config_held_out', '5');
    expect(() => parseOptions([])).toThrow(
      '--held-out: npm took it for its own; write -- before it: npm start -- --held-out',
    );
    vi.unstubAllEnvs();
  });

  it('tells what was asked for beside --resume from what is so by default', () => {
    const wishes = (args: string) => parseOptions(args.split(' '))?.resume;
    expect(wishes('--resume a')).toEqual({ folder: 'a', wishes: {} });
    expect(wishes('--seed 0 --resume a --batch 2')).toEqual({ folder: 'a', wishes: { seed: 0, batch: 2 } });
  });

  it('reads amounts of memory in decimal and binary units', () => {
    const bytes = (given: string) => parseOptions(['--memory', given])?.memory;
    expect(['2GB', '512mb', '1.5 GiB', '100kB'].map(bytes)).toEqual([2e9, 512e6, 1.5 * 2 ** 30, 1e5]);
  });

  it('prints help that names every option and gives examples', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const parsed = parseOptions(['--help']);
    const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
    write.mockRestore();
    expect(parsed).toBeUndefined();
    const names =
      'preset steps batch size width rate optimizer seed held-out memory out browser headed profile tune no-tune ' +
      'resume checkpoint-every micro-batches recompute exclude host recipe decay warmup weight-decay ' +
      'average from unfreeze-after freeze rate-of find-rate mix-up dump-batch';
    for (const name of names.split(' ')) expect(text).toContain(`--${name}`);
    expect(text).toContain('npm start -- --preset table1');
    expect(text).toContain('npm start -- --tune');
  });
});
