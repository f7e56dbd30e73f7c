import { Command } from 'commander';
import type { CropCount } from '../../data/evaluation_crops';
import { withHost, type Answering } from '../host_options';
import { CROPS, crops, parseCommand } from '../option_values';
import { VERSION } from '../version';

export interface EvaluateOptions extends Answering {
  /** The folder of a run, or its weights file. */
  readonly run: string;
  /** Where the pictures lie. */
  readonly pictures: string;
  readonly crops: CropCount;
}

const EXAMPLES = `
Examples:
  npx inception-webgpu evaluate runs/first photos/val
  npx inception-webgpu evaluate runs/first photos/val --crops 10
  npx inception-webgpu evaluate runs/first list.csv --json > result.json

Judges by all pictures that the folder or list has, in whatever parts; their classes must be classes of the run. The
exit code is 0 if all pictures were judged, 1 if some could not be read, 130 after Ctrl-C.
`;

/**
 * What the command line asks for; undefined where it asked for help or the version, which are then printed.
 * @throws {ValueError} naming the option, what was given and what is allowed
 */
export function parseEvaluateOptions(args: readonly string[]): EvaluateOptions | undefined {
  const command = new Command('npx inception-webgpu evaluate')
    .description('Judges the weights of a run by pictures whose classes are known.')
    .argument('<run>', 'the folder of a run, or its weights.safetensors')
    .argument(
      '<pictures>',
      'a folder with a folder for each class, a .csv or .jsonl list, or a folder of IDX files',
    )
    .option('--crops <n>', CROPS, crops, 1)
    .option('--json', 'a line of JSON: accuracy, top5, loss, perClass, confusion, calibration')
    .option('--quiet', 'print no progress')
    .version(VERSION)
    .addHelpText('after', EXAMPLES);
  withHost(command, 'judge');
  if (!parseCommand(command, args)) return undefined;
  const [run = '', pictures = ''] = command.args;
  return { run, pictures, json: false, quiet: false, ...command.opts<Pick<EvaluateOptions, 'crops'>>() };
}
