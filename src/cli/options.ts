import { Command } from 'commander';
import { AUGMENTATIONS, PRESETS, type Wishes } from '../train/presets';
import { CHOICE_FILE } from './choice_file';
import { requireSense, type Raw } from './contradictions';
import { withHost } from './host_options';
import { withLearning } from './learning_options';
import type { Options } from './options_type';
import {
  choice,
  countOrShare,
  each,
  filled,
  fraction,
  memory,
  parseCommand,
  share,
  whole,
} from './option_values';
import { VERSION } from './version';

/** Bytes of decoded pictures that are kept where nobody says. */
const CACHE = 256e6;
const HELD_OUT = { digits: 1000, pictures: 0.2 };

const EXAMPLES = `
Examples:
  npm start                                       train with what suits the adapter
  npm start -- photos --epochs 20                 your own pictures: a folder with a folder for each class
  npm start -- --steps 1000 --seed 7              train longer, from other initial weights
  npm start -- --preset table1 --batch 16         the full network on half the images per step
  npm start -- --size 96 --width 1/4 --rate 0.002
  npm start -- photos --recipe caffe --epochs 60  as Caffe trained GoogLeNet; paper, adamw are others
  npm start -- photos --find-rate --optimizer sgd which rate suits, with a picture of the loss over rates
  npm start -- photos --optimizer sgd --decay one-cycle --rate 0.05
  npm start -- photos --from runs/first --unfreeze-after 100   fine-tune: other classes, what was learnt is kept
  npm start -- photos --from runs/first --freeze "inception3*" --rate-of "linear5.*=10"
  npm start -- --memory 1GB                       refuse what would take more, and say what fits
  npm start -- --batch 64 --micro-batches 4       a batch in four parts, for less memory
  npm start -- --recompute 500MB                  less memory for more time: what does not fit is computed again
  npm start -- --steps 2 --profile                where the time goes, layer by layer
  npm start -- --tune                             time the kernels again, after a new driver say
  npm start -- --exclude "forward quad 16x32"     without a kernel that npm run doctor found wrong
  npm start -- --resume runs/first                go on after Ctrl-C, a crash or a power cut, with the same bits
  npm start -- --resume runs/first --steps 600    train a finished run longer; it says how the rate goes on
  npm start -- --config run.json --steps 50       options from a file such as { "batch": 16, "rate": 0.001 }
  npm start -- --headed --out runs/first          watch it in a window
  npm start -- --host node                        without a browser, on Dawn: npm install webgpu

A run leaves in its folder: report.html (open it in a browser), weights.safetensors (PyTorch's names and
shapes; where these are an average, the last ones are in weights-raw.safetensors), log.jsonl (one line per
step), settings.json and checkpoints (the last three).
Ctrl-C ends the training after the step under way and keeps what was learnt; a second Ctrl-C ends at once.
`;

function defaults(name: keyof Wishes & ('size' | 'width' | 'batch' | 'steps')): string {
  return `default: ${PRESETS.table1[name]} in table1, ${PRESETS.small[name]} in small`;
}

function describe(): Command {
  const command = new Command('npm start --')
    .description('Trains Inception v1 (GoogLeNet) on WebGPU: on handwritten digits, or on pictures of yours.')
    .argument(
      '[pictures]',
      'what to learn: a folder with a folder of pictures for each class, one with train and val of that kind, a .csv or ' +
        '.jsonl list of paths and classes, or a folder of IDX files (default: handwritten digits)',
    )
    .option(
      '--preset <name>',
      'auto: table1 on a GPU, small where the adapter is the CPU; table1: the full network; small: all nine ' +
        'modules at an eighth of the width',
      choice('--preset', ['auto', ...Object.keys(PRESETS)]),
      'auto',
    )
    .option('--steps <n>', `training steps (${defaults('steps')})`, whole('--steps', 1, 1e6))
    .option(
      '--epochs <n>',
      'how often each picture is learnt from, in place of --steps',
      whole('--epochs', 1, 1e5),
    )
    .option('--batch <n>', `images per step (${defaults('batch')})`, whole('--batch', 1, 4096))
    .option('--size <pixels>', `side of the images (${defaults('size')})`, whole('--size', 65, 1024))
    .option(
      '--width <x>',
      `share of each layer's channels, such as 0.25 or 1/4 (${defaults('width')})`,
      fraction('--width', 4),
    );
  withLearning(command);
  command
    .option(
      '--seed <n>',
      'of initial weights, dropout and order of the images',
      whole('--seed', 0, 0xffffffff),
      0,
    )
    .option(
      '--held-out <n>',
      'what judges it: so many digits of the test file (default: 1000), or a share of your pictures, such as 0.2 ' +
        '(default), where they are in no parts of their own',
      countOrShare('--held-out', 10_000),
    )
    .option(
      '--augment <how>',
      "of your pictures; paper: crops of 8 to 100 %, mirrored, with other colours and interpolations, as the paper's; " +
        'mirror: the centre, mirrored half of the time; none: the centre (default: paper)',
      choice('--augment', AUGMENTATIONS),
    )
    .option(
      '--mix-up <alpha>',
      'mix each of your pictures with another of its batch, by a share drawn from Beta(alpha, alpha), such as 0.2 ' +
        '(default: none is mixed)',
      share('--mix-up', (given) => given > 0, 'above 0, up to 1'),
    )
    .option(
      '--dump-batch',
      'show the first batch as the network sees it, as batch.png in the folder of the run',
    )
    .option(
      '--cache <amount>',
      'memory for decoded pictures, such as 1GB (default: 256MB)',
      memory('--cache'),
    )
    .option(
      '--memory <amount>',
      'GPU memory that training may take, such as 2GB; what needs more is refused (default: no limit)',
      memory('--memory'),
    )
    .option(
      '--micro-batches <n>',
      'equal parts that a batch comes in, one after the other, for less memory (default: 1)',
      whole('--micro-batches', 1, 4096),
    )
    .option(
      '--recompute <amount>',
      'memory for activations, their gradients and working memory, such as 500MB; what does not fit is computed ' +
        'again, to the same bits (default: as much as it takes)',
      memory('--recompute'),
    )
    .option(
      '--exclude <kernel>',
      'train without this kernel, as npm run doctor names it; may be given several times, also with --resume',
      each(filled('--exclude', 'a kernel')),
    )
    .option(
      '--out <folder>',
      'where the results go (default: runs/<date>_<time>)',
      filled('--out', 'a folder'),
    )
    .option('--overwrite', 'let --out name a folder that holds another run, to replace it, or other files')
    .option(
      '--resume <folder>',
      'go on with the run in this folder from its last whole checkpoint, with its settings',
      filled('--resume', 'the folder of a run'),
    )
    .option(
      '--checkpoint-every <n>',
      'write a checkpoint after so many steps, too (default: every 30 s, and at the end)',
      whole('--checkpoint-every', 1, 1e6),
    )
    .option('--headed', 'show the browser window, which stays open at the end')
    .option('--profile', 'time a training step and a classification, layer by layer; also as trace.json')
    .option(
      '--tune',
      'time the kernels and train with the fastest, on any adapter (default: on a GPU that no earlier run timed; ' +
        `found choices are kept in ${CHOICE_FILE})`,
    )
    .option('--no-tune', 'train with the shipped choices of kernels')
    .option(
      '--judge <share>',
      'of the time, for held-out pictures to judge it while it trains; 0: only at the end (default: 0.05 for pictures ' +
        'of yours, 0 for digits)',
      share('--judge', (given) => given < 1, 'from 0 to below 1'),
    )
    .option(
      '--until <accuracy>',
      'end once so many of them are right, such as 0.95 or 95%',
      share('--until', (given) => given > 0, 'above 0, up to 1'),
    )
    .option(
      '--patience <n>',
      'end after so many judgements in a row that were not the best, and keep the best weights',
      whole('--patience', 1, 1e6),
    )
    .option(
      '--config <file>',
      "a settings file: JSON whose every key is an option's name; options given beside it count",
      filled('--config', 'a file'),
    )
    .option('--json', 'print the result as a line of JSON, and what is said before on standard error')
    .option('--quiet', 'print no progress')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  return withHost(command, 'train');
}

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const command = describe();
  if (!parseCommand(command, args)) return undefined;
  const raw = command.opts<Raw>();
  const [pictures] = command.args;
  requireSense(raw, pictures, process.env['INCEPTION_BROWSER_ARGS'] ?? '');
  const {
    out,
    overwrite,
    browser,
    host,
    headed = false,
    profile,
    tune,
    memory,
    checkpointEvery,
    findRate,
    dumpBatch,
    ...rest
  } = raw;
  const {
    resume: folder,
    cache = CACHE,
    json = false,
    quiet = false,
    judge,
    until,
    patience,
    ...wishes
  } = rest;
  const given = Object.entries(wishes).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  const resume = folder === undefined ? undefined : { folder, wishes: Object.fromEntries(given) };
  const own = pictures === undefined ? {} : { augment: 'paper' as const };
  return {
    wishes: { heldOut: pictures === undefined ? HELD_OUT.digits : HELD_OUT.pictures, ...own, ...wishes },
    ...{
      pictures,
      out,
      overwrite,
      browser,
      host,
      headed,
      profile,
      tune,
      memory,
      checkpointEvery,
      findRate,
      dumpBatch,
      resume,
    },
    ...{ cache, json, quiet },
    judging: { share: judge, until, patience },
  };
}
