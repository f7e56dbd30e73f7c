// The command line of the benchmarks.
import { Command, CommanderError, Option } from 'commander';
import { choice, whole } from '../src/cli/option_values';
import { EngineError, ValueError } from '../src/core/errors';
import { FORMS, MODES, type Form, type Mode } from './jobs/choices';
import type { CommonOptions } from './measure';
import { OTHERS, runOther } from './others';

const EXAMPLES = `
Examples:
  npm run bench -- kernels                              every distinct layer, forward and both gradients
  npm run bench -- kernels --layers 3x3 --forms forward --batch 8
  npm run bench -- kernels --layers 4e --all            every kernel that could be chosen for them
  npm run bench -- network                              inference and training step at batch 1, 2, 4 and 8
  npm run bench -- network --mode infer --batches 1 --rounds 10 --out runs/network
  npm run bench -- network --batches 1 --profile        where the time goes, layer by layer
  npm run bench -- ops --ops pool                       every op's largest case, by src/ops/cases
  npm run bench -- soak --steps 1000                    whether memory grows while it trains
  npm run bench -- peers --help                         other engines beside this one
  npm run bench -- isa --help                           the kernels as machine code
  npm run bench -- memory --batches 1,32                memory as planned, and an image of it

Results are printed, and kept in a folder: JSON with every figure, tables as Markdown, images as SVG and PNG.
`;

/** Runs the command line and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    let code = 0;
    await describe(`npm run bench -- ${args.join(' ')}`.trim(), (found) => (code = found)).parseAsync(args, {
      from: 'user',
    });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    // These say what to do; of others, which nobody expected, a stack is worth more than a sentence.
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

interface Common {
  readonly runtime: 'browser' | 'node';
  readonly browser?: string;
  readonly headed?: boolean;
  readonly out?: string;
}

interface KernelFlags {
  readonly batch: number;
  readonly layers: string;
  readonly forms: Form[];
  readonly rounds: number;
  readonly kernel?: string;
  readonly winograd: boolean;
  readonly all?: boolean;
}

interface NetworkFlags {
  readonly batches: number[];
  readonly mode: Mode[];
  readonly aux: string;
  readonly size: number;
  readonly rounds: number;
  readonly kernel?: string;
  readonly winograd: boolean;
  readonly profile?: boolean;
}

function describe(command: string, onCode: (code: number) => void): Command {
  const program = new Command('npm run bench --')
    .description('Measures the engine. Every figure names its adapter; a software adapter is no GPU.')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  const common = ({ browser, headed = false, out, runtime }: Common): CommonOptions => ({
    runtime,
    headed,
    command,
    onProgress: (progress) => process.stderr.write(`${progress}\n`),
    ...(browser !== undefined && { browser }),
    ...(out !== undefined && { out }),
  });
  const option = (flags: string, text: string, parse: (given: string) => unknown): Option =>
    new Option(flags, text).argParser(parse);
  const sub = (name: string, text: string): Command =>
    program
      .command(name)
      .description(text)
      .option('--out <folder>', `where tables and images go (default: runs/${name}_<date>_<time>)`)
      .addOption(
        option(
          '--runtime <name>',
          `browser, or node: Dawn in Node`,
          choice('--runtime', ['browser', 'node']),
        ).default('browser'),
      )
      .option('--browser <path>', 'Chrome or Chromium (default: found, else installed)')
      .option('--headed', 'show the browser window')
      .allowExcessArguments(false)
      .exitOverride();
  sub('kernels', 'Every distinct layer of the network alone: time, GFLOP/s, GB/s, share of the peak.')
    .addOption(option('--batch <n>', 'images', whole('--batch', 1, 1024)).default(4))
    .option('--layers <text>', 'only layers whose name or sizes contain this, such as 3x3 or inception4a', '')
    .addOption(
      option('--forms <list>', `of ${FORMS.join(', ')}`, list('--forms', choice('--forms', FORMS))).default(
        FORMS,
        FORMS.join(','),
      ),
    )
    .addOption(option('--rounds <n>', 'measurements of each', whole('--rounds', 1, 1000)).default(5))
    .option('--kernel <name>', 'this kernel for whatever it can compute, instead of what the engine chooses')
    .option('--no-winograd', 'only kernels that compute every product')
    .option('--all', 'every kernel that can compute a layer, one after the other')
    .action(async (given: Common & KernelFlags) => {
      const { batch, layers, forms, rounds, kernel, all, winograd } = given;
      const { benchKernels } = await import('./kernels');
      const kernels = all ? 'all' : kernel === undefined ? 'chosen' : { name: kernel };
      await benchKernels({ batch, layers, forms, rounds, kernels, wishes: { winograd } }, common(given));
    });

  sub('network', 'The whole network: latency, throughput, training step and its parts, first runs.')
    .addOption(
      option('--batches <list>', 'images per run', list('--batches', whole('--batches', 1, 1024))).default(
        [1, 2, 4, 8],
        '1,2,4,8',
      ),
    )
    .addOption(
      option('--mode <list>', `of ${MODES.join(', ')}`, list('--mode', choice('--mode', MODES))).default(
        MODES,
        MODES.join(','),
      ),
    )
    .addOption(
      option(
        '--aux <when>',
        'auxiliary classifiers: train (as the paper), always or never',
        choice('--aux', ['train', 'always', 'never']),
      ).default('train'),
    )
    .addOption(option('--size <pixels>', 'side of the images', whole('--size', 65, 1024)).default(224))
    .addOption(option('--rounds <n>', 'measurements of each', whole('--rounds', 1, 1000)).default(5))
    .option('--kernel <name>', 'this convolution kernel wherever it can compute a layer')
    .option('--no-winograd', 'only kernels that compute every product')
    .option('--profile', 'also layer by layer, with trace.json for ui.perfetto.dev or chrome://tracing')
    .action(async (given: Common & NetworkFlags) => {
      const { batches, mode: modes, size, rounds, kernel, winograd, profile = false } = given;
      const aux = { train: given.aux !== 'never', infer: given.aux === 'always' };
      const wishes = { winograd, ...(kernel !== undefined && { kernel }) };
      const { benchNetwork } = await import('./network');
      await benchNetwork({ batches, modes, aux, size, rounds, profile, ...wishes }, common(given));
    });

  sub('ops', "Every op's largest case alone, forward and backward: time, GB/s.")
    .option('--ops <text>', 'only ops whose name contains this, such as avg_pool', '')
    .addOption(option('--rounds <n>', 'measurements of each', whole('--rounds', 1, 1000)).default(5))
    .action(async (given: Common & { readonly ops: string; readonly rounds: number }) => {
      const { ops, rounds } = given;
      const { benchOps } = await import('./ops');
      await benchOps({ ops, rounds }, common(given));
    });

  sub('soak', 'Many training steps: memory of the processes and GPU objects, which must not grow.')
    .addOption(option('--batch <n>', 'images', whole('--batch', 1, 1024)).default(32))
    .addOption(option('--steps <n>', 'training steps, 20 to 1000000', whole('--steps', 20, 1e6)).default(200))
    .action(async (given: Common & { readonly batch: number; readonly steps: number }) => {
      const { benchSoak } = await import('./soak');
      await benchSoak(given, common(given));
    });

  for (const [name, text] of Object.entries(OTHERS)) {
    program
      .command(`${name} [arguments...]`)
      .description(text)
      .helpOption(false)
      .allowUnknownOption()
      .action(async (args: readonly string[]) => onCode(await runOther(name, args)));
  }
  return program;
}

function list<T>(name: string, parse: (given: string) => T): (given: string) => T[] {
  return (given) => {
    const parts = given.split(',').filter((part) => part !== '');
    if (parts.length === 0) throw new ValueError(name, 'needs at least one', 'nothing');
    return parts.map(parse);
  };
}
