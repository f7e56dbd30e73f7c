import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { choice, whole } from '../../src/cli/option_values';
import { ValueError } from '../../src/core/errors';
import { FAMILIES } from './families';

export interface Options {
  /** A WGSL file, or undefined for the network's kernels. */
  readonly file: string | undefined;
  readonly family: readonly string[];
  /** Folder of compiled kernels. */
  readonly cache: string;
  /** Where the figures go as JSON. */
  readonly out: string | undefined;
  // One file:
  readonly entry: string;
  readonly const: Readonly<Record<string, number>>;
  readonly set: Readonly<Record<string, number | string>>;
  readonly asm: boolean;
  // The network:
  readonly batch: readonly number[];
  readonly layers: boolean;
  readonly kernel: string | undefined;
  readonly all: boolean;
}

const CACHE = fileURLToPath(new URL('.cache/code', import.meta.url));
const NAMES = FAMILIES.map(({ name }) => name);

const EXAMPLES = `
Share has one meaning for all families: multiply-adds of the layers' formulas, over those that the machine code issues
(tiles overhang: "tiles"), times the share of multiply-adds among the instructions of the vector ALU, from a kernel's first
to its last, each loop as often as it really turns; weighted by the formulas' multiply-adds, so that a layer that takes twice
the turns for them counts twice ("mean" is the arithmetic mean with these weights). An instruction counts as the turns that
the ALU takes for it: one of half a wave's lanes may take half. Both sides of a branch count as run.
"buffers" and "workgroup" are numbers of 4 bytes that are loaded for each multiply-add of the formulas; "turns" are those
of the ALU for each, transforms of Winograd's included. Spills and fills, registers and threads in flight are the
driver's own figures, in its own units. What waits for memory is not seen: no figure is a time.

Mesa's compilers are what runs on Intel's and AMD's GPUs on Linux. For the others they stand in for the vendor's own.
A family whose driver is missing, or refuses a kernel, is left out: a line says why, the exit code is 1, and the JSON
lists it under "failed".

Examples:
  npm run bench -- isa --batch 1,32 --out isa.json        every kernel of the network on every family, and a table of all
  npm run bench -- isa --family Xe-LP,Xe2 --layers        with a line for each layer
  npm run bench -- isa --kernel 'tile 64x64/8x4'          only what this kernel can compute, by it
  npm run bench -- isa --family RDNA3 --all               also whatever a tuner could take
  npm run bench -- isa shaders/conv2d.wgsl --entry forward --set TM=4 --const KERNEL_H=1 --const KERNEL_W=1 --asm

Families: ${NAMES.join(', ')}.
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
      'Shows what the kernels become on GPUs, as machine code; needs no GPU. First run bench/isa/setup.sh.',
    )
    .argument('[file]', 'a WGSL file; default: the kernels of GoogLeNet, forward and backward')
    .option('--family <names>', 'of GPUs (default: all)', list(choice('--family', NAMES)), NAMES)
    .option('--cache <folder>', 'where compiled kernels are kept', CACHE)
    .option('--out <file>', 'write the figures as JSON')
    .option('--entry <name>', 'entry point of the file', 'forward')
    .option('--const <NAME=VALUE>', 'an override (again for another)', pairs, {})
    .option('--set <NAME=VALUE>', 'another value for a `const` line of the file (again)', pairs, {})
    .option('--asm', 'print what the driver printed', false)
    .option('--batch <sizes>', 'images', list(whole('--batch', 1, 1024)), [1, 32])
    .option('--layers', 'print a line for each layer', false)
    .option('--kernel <name>', 'only what this kernel can compute, by it (default: as shipped)')
    .option('--all', 'every kernel that a tuner could take, too: hundreds for each family', false)
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new ValueError('bench isa', error.message.replace(/^error: /, ''));
  }
  type Raw = Omit<Options, 'file' | 'const' | 'set'> & Record<'const' | 'set', Record<string, string>>;
  const raw = command.opts<Raw>();
  const numbers = Object.entries(raw.const).map(([name, value]) => [name, number(name, value)] as const);
  const set = Object.entries(raw.set).map(([name, value]) => {
    return [name, Number.isNaN(Number(value)) ? value : Number(value)] as const;
  });
  return {
    ...raw,
    file: command.args[0],
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
