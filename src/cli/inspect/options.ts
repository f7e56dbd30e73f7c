import { Command } from 'commander';
import { parseCommand } from '../option_values';
import { VERSION } from '../version';

export interface InspectOptions {
  readonly file: string;
  /** JSON in place of text. */
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  npx inception-webgpu inspect runs/first                      what was learnt, and the tensors of the weights
  npx inception-webgpu inspect weights.safetensors --json      the same for programs
  npx inception-webgpu inspect cat.jpg                         format, size, and what is wrong with it
`;

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseInspectOptions(args: readonly string[]): InspectOptions | undefined {
  const command = new Command('npx inception-webgpu inspect')
    .description('Says what a file holds.')
    .argument('<file>', 'the folder of a run, a safetensors file (weights, checkpoints), or a picture')
    .option('--json', 'JSON in place of text')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  if (!parseCommand(command, args)) return undefined;
  const [file = ''] = command.args;
  return { file, json: false, ...command.opts<Partial<InspectOptions>>() };
}
