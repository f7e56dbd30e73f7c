import { Command } from 'commander';
import type { CropCount } from '../../data/evaluation_crops';
import { withHost, type Answering } from '../host_options';
import { CROPS, crops, parseCommand, whole } from '../option_values';
import { VERSION } from '../version';

export interface ClassifyOptions extends Answering {
  /** The folder of a run, or its weights file. */
  readonly run: string;
  /** Files; `-`: standard input, which brings paths, a line each, or one picture. */
  readonly pictures: readonly string[];
  readonly top: number;
  readonly crops: CropCount;
}

const EXAMPLES = `
Examples:
  npx inception-webgpu classify runs/first cat.jpg dog.png
  npx inception-webgpu classify runs/first --top 1 --json photos/*.jpg > answers.jsonl
  npx inception-webgpu classify runs/first cat.jpg --crops 144
  find photos -name '*.jpg' | npx inception-webgpu classify runs/first -
  curl -s https://example.org/cat.jpg | npx inception-webgpu classify runs/first.safetensors -

Prints for each picture the likeliest classes and their probabilities, on standard output; what goes on, on standard
error. The exit code is 0 if all pictures were classified, 1 if some could not be read, 130 after Ctrl-C.
`;

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseClassifyOptions(args: readonly string[]): ClassifyOptions | undefined {
  const command = new Command('npx inception-webgpu classify')
    .description('Says what is in pictures, by the weights of a run.')
    .argument('<run>', 'the folder of a run, or its weights.safetensors')
    .argument(
      '<picture...>',
      'JPEG, PNG, WebP, GIF or AVIF files; - reads standard input: paths, or one picture',
    )
    .option('--top <n>', 'likeliest classes of each', whole('--top', 1, 1000), 5)
    .option('--crops <n>', CROPS, crops, 1)
    .option('--json', 'a line of JSON for each picture')
    .option('--quiet', 'print no progress')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  withHost(command, 'classify');
  if (!parseCommand(command, args)) return undefined;
  const [run = '', ...pictures] = command.args;
  return {
    run,
    pictures,
    json: false,
    quiet: false,
    ...command.opts<Pick<ClassifyOptions, 'top' | 'crops'>>(),
  };
}
