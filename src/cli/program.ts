// `inception-webgpu`: one program with a command for each thing that people do.
import { nearestOf } from '../core/options';
import { VERSION } from './version';

type Main = (args: readonly string[]) => Promise<number>;

interface CommandEntry {
  /** What it does, in a few words. */
  readonly about: string;
  /** Imported only where it is asked for: each brings much. */
  readonly load: () => Promise<{ readonly main: Main }>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: { about: 'learns a folder of pictures, or digits', load: () => import('./main') },
  classify: {
    about: 'says what is in pictures, by the weights of a run',
    load: () => import('./classify/main'),
  },
  evaluate: {
    about: 'judges the weights of a run by pictures whose classes are known',
    load: () => import('./evaluate/main'),
  },
  explain: {
    about: 'shows why: what the network looked at in a picture',
    load: () => import('./explain/main'),
  },
  inspect: {
    about: 'says what a file holds: weights, a picture, a checkpoint',
    load: () => import('./inspect/main'),
  },
  compare: { about: 'lays runs over each other', load: () => import('./compare/main') },
  bench: { about: 'measures how fast this GPU is', load: () => import('./bench/main') },
  doctor: { about: 'checks the kernels on this GPU', load: () => import('./doctor/main') },
};

const HELP = `Usage: npx inception-webgpu <command> [options]

Trains and runs Inception v1 (GoogLeNet) on WebGPU.

Commands:
${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

Examples:
  npx inception-webgpu train                          handwritten digits, to see it work
  npx inception-webgpu train photos --epochs 20       a folder with a folder of pictures for each class
  npx inception-webgpu classify runs/first cat.jpg    what is in this picture?
  npx inception-webgpu evaluate runs/first photos     how often is it right?
  npx inception-webgpu explain runs/first cat.jpg     and why? A page with maps of the picture
  npx inception-webgpu compare runs/first runs/second which learnt better?
  npx inception-webgpu inspect runs/first             what do these weights know?
  npx inception-webgpu <command> --help               all options, with examples
`;

/** Runs the command that the arguments name and gives its exit code: 0, 1 for an error, 130 after Ctrl-C. */
export const main: Main = async (args) => {
  const [first = '', ...rest] = args;
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command) return (await command.load()).main(rest);
  if (['', 'help', '-h', '--help'].includes(first)) {
    console.log(HELP);
    return 0;
  }
  if (['-V', '--version'].includes(first)) {
    console.log(VERSION);
    return 0;
  }
  // As before there were commands: options alone train.
  if (first.startsWith('-')) return (await import('./main')).main(args);
  if (/[\\/.]/.test(first)) {
    console.error(`inception-webgpu: needs a command before the path; got ${first}; such as train ${first}`);
    return 1;
  }
  console.error(
    `inception-webgpu: there is no such command; got ${first}; ${nearestOf(first, Object.keys(COMMANDS))}`,
  );
  return 1;
};
