import { Command } from 'commander';
import { LAYER } from '../../app/explain_layers';
import { withHost, type Answering } from '../host_options';
import { filled, parseCommand, whole } from '../option_values';
import { VERSION } from '../version';

export interface ExplainOptions extends Answering {
  /** The folder of a run, or its weights file. */
  readonly run: string;
  /** A file; `-`: standard input. */
  readonly picture: string;
  /** The name of a class. */
  readonly class?: string;
  readonly layer: string;
  readonly samples: number;
  /** The page that is written. */
  readonly out: string;
}

const EXAMPLES = `
Examples:
  npx inception-webgpu explain runs/first cat.jpg
  npx inception-webgpu explain runs/first cat.jpg --class dog --layer inception4e --out dog.html

Writes a page that stands alone: the picture as the network sees it, what each place of it adds to the score of the
likeliest class (and of --class), the pixels on which that score hangs, the feature maps of a layer, and the filters of
the first. A page of the same name is replaced. The exit code is 0, 1 if the picture could not be read, 130 after Ctrl-C.
`;

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseExplainOptions(args: readonly string[]): ExplainOptions | undefined {
  const command = new Command('npx inception-webgpu explain')
    .description('Shows why a network says what it says of a picture, by the weights of a run.')
    .argument('<run>', 'the folder of a run, or its weights.safetensors')
    .argument('<picture>', 'a JPEG, PNG, WebP, GIF or AVIF file; - reads standard input')
    .option(
      '--class <name>',
      'explain this class, too (default: the likeliest)',
      filled('--class', 'a class'),
    )
    .option('--layer <name>', 'whose feature maps are shown', filled('--layer', 'a layer'), LAYER)
    .option('--samples <n>', 'noisy copies whose gradients are averaged', whole('--samples', 1, 1000), 16)
    .option('--out <file>', 'the page that is written', filled('--out', 'a file'), 'explain.html')
    .option('--json', 'a line of JSON: file, top, class, out')
    .option('--quiet', 'print no progress')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  withHost(command, 'explain');
  if (!parseCommand(command, args)) return undefined;
  const [run = '', picture = ''] = command.args;
  type Defaults = Pick<ExplainOptions, 'layer' | 'samples' | 'out'>;
  return { run, picture, json: false, quiet: false, ...command.opts<Defaults>() };
}
