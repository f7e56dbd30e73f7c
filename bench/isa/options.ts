import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { whole } from '../../src/cli/option_values';
import { ValueError } from '../../src/core/errors';
import { nest, type Nest } from './execution';

export interface Options {
  /** A WGSL file, or undefined for the network's kernels. */
  readonly file: string | undefined;
  readonly chip: readonly string[];
  /** Folder of compiled kernels. */
  readonly cache: string;
  /** Where the figures go as JSON. */
  readonly out: string | undefined;
  // One file:
  readonly entry: string;
  readonly const: Readonly<Record<string, number>>;
  readonly set: Readonly<Record<string, number | string>>;
  readonly loops: readonly Nest[] | undefined;
  readonly fma: number | undefined;
  readonly asm: boolean;
  // The network:
  readonly batch: readonly number[];
  readonly layers: boolean;
  readonly kernel: string | undefined;
  readonly all: boolean;
}

const CACHE = fileURLToPath(new URL('.cache/code', import.meta.url));

const EXAMPLES = `
FMA/VALU is the share of vector-ALU issue slots that are multiply-adds. For one file it counts every multiply-add
of a wave; for the network only those of the layers' formulas, not those spent on the overhang of tiles. On RDNA3 an
instruction that issues two operations (v_dual_*) takes one slot. Both sides of every branch count as run.

Winograd's FMA/VALU is that of its products of matrices, weighted by their own multiply-adds. Beside it stand, for each
multiply-add of the layers' formulas (direct), the vector-ALU instructions of its transforms, and all of them.

Examples:
  npm run bench -- isa                                    every kernel of the network, and totals weighted by multiply-adds
  npm run bench -- isa --all                              whatever a tuner could take, too
  npm run bench -- isa --layers --batch 1                 with a line for each layer
  npm run bench -- isa shaders/conv2d.wgsl --entry forward --set TM=4 --const KERNEL_H=1 --const KERNEL_W=1 --loops 1,1,48
  npm run bench -- isa shaders/conv2d.wgsl --entry forward --chip navi31 --asm

--loops takes the trip counts of the kernel's loops from the outermost to the innermost, 3,3,16; loops that
follow each other inside one are separated by semicolons: 3,3,16(2;8). Loops the compiler unrolls are listed, too.
`;

/** Reads the command line; undefined if it only asked for help. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const pairs = (given: string, before: Record<string, string>): Record<string, string> => {
    const [, name, value] = /^(\w+)=(.+)$/.exec(given) ?? [];
    if (name === undefined || value === undefined) throw new ValueError(given, 'must be NAME=VALUE');
    return { ...before, [name]: value };
  };
  const command = new Command('npm run bench -- isa')
    .description(
      'Shows what the kernels become on AMD GPUs, as machine code; needs no GPU. First run bench/isa/setup.sh.',
    )
    .argument('[file]', 'a WGSL file; default: the kernels of GoogLeNet, forward and backward')
    .option('--chip <names>', 'navi21 is RDNA2, navi31 RDNA3', (given) => given.split(','), [
      'navi21',
      'navi31',
    ])
    .option('--cache <folder>', 'where compiled kernels are kept (default: bench/isa/.cache/code)')
    .option('--out <file>', 'write the figures as JSON')
    .option('--entry <name>', 'entry point of the file', 'forward')
    .option('--const <NAME=VALUE>', 'an override (again for another)', pairs, {})
    .option(
      '--set <NAME=VALUE>',
      'another value for a `const` line of the file (again for another)',
      pairs,
      {},
    )
    .option('--loops <trips>', 'trip counts of the loops', parseLoops)
    .option('--fma <count>', 'multiply-adds that a lane must come to', whole('--fma', 0, 1e12))
    .option('--asm', 'prints the machine code', false)
    .option('--batch <sizes>', 'images', list(whole('--batch', 1, 1024)), [1, 32])
    .option('--layers', 'prints a line for each launch', false)
    .option('--kernel <name>', 'only what this kernel can compute (default: as shipped, and Winograd)')
    .option('--all', 'every kernel that a tuner could take on a GPU, too; compiles some 700 pipelines', false)
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new ValueError('bench isa', error.message.replace(/^error: /, ''));
  }
  const raw = command.opts<
    Omit<Options, 'file' | 'cache' | 'const' | 'set'> & { readonly cache?: string } & Record<
        'const' | 'set',
        Record<string, string>
      >
  >();
  const numbers = Object.entries(raw.const).map(([name, value]) => [name, number(name, value)] as const);
  const set = Object.entries(raw.set).map(([name, value]) => {
    return [name, Number.isNaN(Number(value)) ? value : Number(value)] as const;
  });
  return {
    ...raw,
    file: command.args[0],
    cache: raw.cache ?? CACHE,
    const: Object.fromEntries(numbers),
    set: Object.fromEntries(set),
  };
}

function number(name: string, given: string): number {
  const value = given === 'true' ? 1 : given === 'false' ? 0 : Number(given);
  if (Number.isNaN(value)) throw new ValueError(name, 'must be a number, true or false', given);
  return value;
}

const list =
  <T>(parse: (given: string) => T) =>
  (given: string): T[] =>
    given.split(',').map(parse);

/** `3,3,16` or `3,3,16(2;8)`. @throws {ValueError} for anything else */
export function parseLoops(text: string): Nest[] {
  const wrong = (): never => {
    throw new ValueError('--loops', 'must be trip counts such as 3,3,16 or 3,16(2;8)', text);
  };
  const tokens = text.match(/[\d.]+|[,;()]|\S/g) ?? [];
  const siblings = (): Nest[] => {
    const list = chain();
    while (tokens[0] === ';') {
      tokens.shift();
      list.push(...chain());
    }
    return list;
  };
  const chain = (): Nest[] => {
    const trips = Number(tokens.shift());
    if (!(trips >= 0)) wrong();
    if (tokens[0] === ',') {
      tokens.shift();
      return [{ trips, inner: chain() }];
    }
    if (tokens[0] !== '(') return nest(trips);
    tokens.shift();
    const inner = siblings();
    if (tokens.shift() !== ')') wrong();
    return [{ trips, inner }];
  };
  const loops = siblings();
  if (tokens.length > 0) wrong();
  return loops;
}
