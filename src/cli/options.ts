import { Command, Option } from 'commander';
import { OPTIMIZERS, type OptimizerName } from '../optim/registry';
import { PRESETS, type PresetName, type Wishes } from '../train/presets';
import { ValueError } from '../core/errors';
import { CHOICE_FILE } from './choice_file';
import { choice, filled, fraction, memory, parseCommand, whole } from './option_values';
import { VERSION } from './version';

export interface Options {
  readonly wishes: Wishes;
  /** Output folder; default: one named after the date. */
  readonly out?: string;
  /** That folder may hold another run, which is then removed, or other files, which stay. */
  readonly overwrite?: boolean;
  /** The browser's executable; default: one is found or installed. */
  readonly browser?: string;
  readonly headed: boolean;
  /** Time a training step and a classification, layer by layer. */
  readonly profile?: boolean;
  /** True: time kernels anew, on any adapter; false: never; left out: on GPUs, where no earlier run did. */
  readonly tune?: boolean;
  /** Bytes of GPU memory that training may take. */
  readonly memory?: number;
  /** Steps after which a checkpoint is written, where its time has not come before. */
  readonly checkpointEvery?: number;
  /** A run's folder to go on in, and what was asked for beside it. */
  readonly resume?: { readonly folder: string; readonly wishes: Partial<Wishes> };
}

type Raw = {
  readonly preset: PresetName | 'auto';
  readonly optimizer?: OptimizerName;
  readonly seed: number;
  readonly heldOut: number;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly browser?: string;
  readonly headed?: boolean;
  readonly profile?: boolean;
  readonly tune?: boolean;
  readonly memory?: number;
  readonly checkpointEvery?: number;
  readonly exclude?: readonly string[];
  readonly resume?: string;
} & Partial<Record<'steps' | 'batch' | 'microBatches' | 'recompute' | 'size' | 'width' | 'rate', number>>;

const EXAMPLES = `
Examples:
  npm start                                       train with what suits the adapter
  npm start -- --steps 1000 --seed 7              train longer, from other initial weights
  npm start -- --preset table1 --batch 16         the full network on half the pictures per step
  npm start -- --size 96 --width 1/4 --rate 0.002
  npm start -- --memory 1GB                       refuse what would take more, and say what fits
  npm start -- --batch 64 --micro-batches 4       a batch in four parts, for less memory
  npm start -- --recompute 500MB                  less memory for more time: what does not fit is computed again
  npm start -- --steps 2 --profile                where the time goes, layer by layer
  npm start -- --tune                             time the kernels again, after a new driver say
  npm start -- --exclude "forward quad 16x32"     without a kernel that npm run doctor found wrong
  npm start -- --resume runs/first                go on after Ctrl-C, a crash or a power cut, with the same bits
  npm start -- --resume runs/first --steps 600    train a finished run longer; it says how the rate goes on
  npm start -- --headed --out runs/first          watch it in a window

A run leaves in its folder: report.html (open it in a browser), weights.safetensors (PyTorch's names and
shapes), log.jsonl (one line per step), settings.json and checkpoints (the last three).
Ctrl-C ends the training after the step under way and keeps what was learnt; a second Ctrl-C ends at once.
`;

function defaults(name: keyof Wishes & ('size' | 'width' | 'batch' | 'steps')): string {
  return `default: ${PRESETS.table1[name]} in table1, ${PRESETS.small[name]} in small`;
}

const notEmpty = filled('--exclude', 'a kernel');

function describe(): Command {
  const presets = ['auto', ...Object.keys(PRESETS)];
  const { rates } = PRESETS.table1;
  const option = (flags: string, text: string, parse: (given: string) => unknown): Option =>
    new Option(flags, text).argParser(parse);
  return new Command('npm start --')
    .description('Trains Inception v1 (GoogLeNet) on handwritten digits, on WebGPU in a browser.')
    .addOption(
      option(
        '--preset <name>',
        'auto: table1 on a GPU, small where the adapter is the CPU; table1: the full network; small: all nine ' +
          'modules at an eighth of the width',
        choice('--preset', presets),
      ).default('auto'),
    )
    .addOption(option('--steps <n>', `training steps (${defaults('steps')})`, whole('--steps', 1, 1e6)))
    .addOption(option('--batch <n>', `pictures per step (${defaults('batch')})`, whole('--batch', 1, 4096)))
    .addOption(
      option('--size <pixels>', `side of the pictures (${defaults('size')})`, whole('--size', 65, 1024)),
    )
    .addOption(
      option(
        '--width <x>',
        `share of each layer's channels, such as 0.25 or 1/4 (${defaults('width')})`,
        fraction('--width', 4),
      ),
    )
    .addOption(
      option(
        '--rate <x>',
        `learning rate (default: ${rates.adam} with adam in table1, ${PRESETS.small.rates.adam} in small; ` +
          `${rates.sgd} and ${PRESETS.small.rates.sgd} with sgd; others have their own)`,
        fraction('--rate', 10),
      ),
    )
    .addOption(
      option(
        '--optimizer <name>',
        `${Object.keys(OPTIMIZERS).join(', ')}; sgd has momentum 0.9 (default: adam)`,
        choice('--optimizer', Object.keys(OPTIMIZERS) as OptimizerName[]),
      ),
    )
    .addOption(
      option(
        '--seed <n>',
        'of initial weights, dropout and order of the pictures',
        whole('--seed', 0, 0xffffffff),
      ).default(0),
    )
    .addOption(
      option(
        '--held-out <n>',
        'digits of the test file to judge it by',
        whole('--held-out', 1, 10_000),
      ).default(1000),
    )
    .addOption(
      option(
        '--memory <amount>',
        'GPU memory that training may take, such as 2GB; what needs more is refused (default: no limit)',
        memory('--memory'),
      ),
    )
    .addOption(
      option(
        '--micro-batches <n>',
        'equal parts that a batch comes in, one after the other, for less memory (default: 1)',
        whole('--micro-batches', 1, 4096),
      ),
    )
    .addOption(
      option(
        '--recompute <amount>',
        'memory for activations, their gradients and working memory, such as 500MB; what does not fit is computed ' +
          'again, to the same bits (default: as much as it takes)',
        memory('--recompute'),
      ),
    )
    .addOption(
      new Option(
        '--exclude <kernel>',
        'train without this kernel, as npm run doctor names it; may be given several times, also with --resume',
      ).argParser((kernel: string, before?: readonly string[]) => [...(before ?? []), notEmpty(kernel)]),
    )
    .addOption(
      option(
        '--out <folder>',
        'where the results go (default: runs/<date>_<time>)',
        filled('--out', 'a folder'),
      ),
    )
    .option('--overwrite', 'let --out name a folder that holds another run, to replace it, or other files')
    .addOption(
      option(
        '--resume <folder>',
        'go on with the run in this folder from its last whole checkpoint, with its settings',
        filled('--resume', 'the folder of a run'),
      ),
    )
    .addOption(
      option(
        '--checkpoint-every <n>',
        'write a checkpoint after so many steps, too (default: every 30 s, and at the end)',
        whole('--checkpoint-every', 1, 1e6),
      ),
    )
    .addOption(
      option(
        '--browser <path>',
        'Chrome or Chromium (default: found, else installed)',
        filled('--browser', 'a path'),
      ),
    )
    .option('--headed', 'show the browser window, which stays open at the end')
    .option('--profile', 'time a training step and a classification, layer by layer; also as trace.json')
    .option(
      '--tune',
      'time the kernels and train with the fastest, on any adapter (default: on a GPU that no earlier run timed; ' +
        `found choices are kept in ${CHOICE_FILE})`,
    )
    .option('--no-tune', 'train with the shipped choices of kernels')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
}

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const command = describe();
  if (!parseCommand(command, args)) return undefined;
  const {
    out,
    overwrite,
    browser,
    headed = false,
    profile,
    tune,
    memory: budget,
    checkpointEvery,
    resume,
    ...wishes
  } = command.opts<Raw>();
  requireSense(command.opts<Raw>(), process.env['INCEPTION_BROWSER_ARGS'] ?? '');
  const given = Object.entries(wishes).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return {
    wishes,
    headed,
    ...(profile && { profile }),
    ...(tune !== undefined && { tune }),
    ...(budget !== undefined && { memory: budget }),
    ...(checkpointEvery !== undefined && { checkpointEvery }),
    ...(resume !== undefined && { resume: { folder: resume, wishes: Object.fromEntries(given) } }),
    ...(out !== undefined && { out }),
    ...(overwrite && { overwrite }),
    ...(browser !== undefined && { browser }),
  };
}

/** @throws {ValueError} naming options that contradict each other, or the environment */
function requireSense({ resume, out, overwrite, tune, headed }: Raw, flags: string): void {
  const refuse = (where: string, problem: string, got?: string, advice = 'leave it out'): never => {
    throw new ValueError(where, problem, got, advice);
  };
  if (resume !== undefined && out !== undefined)
    refuse('--out', 'a run that goes on stays in its folder', out, 'leave it or --resume out');
  if (overwrite && resume !== undefined) refuse('--overwrite', 'a run that goes on replaces nothing');
  if (overwrite && out === undefined) refuse('--overwrite', 'needs --out, for a folder of its own is new');
  if (resume !== undefined && tune) refuse('--tune', 'a run goes on with the kernels it began with');
  if (headed && /(^| )--headless\b/.test(flags))
    refuse('--headed', 'INCEPTION_BROWSER_ARGS says otherwise', flags, 'leave one of the two out');
}
