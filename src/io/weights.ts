import { isTyped, requireObject } from '../core/check';
import { FormatError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { formatShape, sameShape } from '../core/shape';
import type { Variable } from '../core/variable';
import {
  LOAD,
  NOTHING_FITS,
  listed,
  matchTensors,
  namesOf,
  type FlatBuffer,
  type LoadOptions,
  type LoadReport,
  type Tensor,
} from '../runtime/flat_buffer';
import { readSafetensors, writeSafetensors, type Tensor as StoredTensor } from './safetensors';

/**
 * All parameters as a safetensors file, under PyTorch's names, in PyTorch's order, shapes and layout: what
 * `safetensors.torch.load_file` gives there is a `state_dict`.
 * @param metadata Strings to keep in the file, such as the options that the network was built with.
 * @throws {DeviceLostError}, and {ValueError} for what is no parameters
 */
export async function saveWeights(
  parameters: FlatBuffer,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  requireObject('saveWeights', 'the parameters', parameters, ['layout', 'readAll']);
  const tensors = await parameters.readAll();
  const list = [...tensors].map(([name, { shape, data }]) => {
    return [name, { shape, data: new Float32Array(data) }] as const;
  });
  return writeSafetensors(list, metadata);
}

/** How a file's tensors are matched. */
export interface LoadWeightsOptions extends LoadOptions {
  /** Names the file in errors. Default `weights file`. */
  readonly where?: string;
}

const OPTIONS: Rules<LoadWeightsOptions> = { ...LOAD, where: is.text };

/**
 * Replaces the parameters by those of a safetensors file. Nothing is written where it throws.
 *
 *     await loadWeights(parameters, bytes, { match: 'some' }); // all that fits, for fine-tuning with other classes
 *
 * @param parameters those of the network
 * @param bytes a safetensors file
 * @param options how to match names, and the name of the file in errors
 * @returns what was loaded and what was not, and the strings that were saved with them
 * @throws as `readWeights` does
 */
export async function loadWeights(
  parameters: FlatBuffer,
  bytes: Uint8Array,
  options: LoadWeightsOptions = {},
): Promise<LoadReport & { readonly metadata: Readonly<Record<string, string>> }> {
  checkOptions('loadWeights', options, OPTIONS);
  requireObject('loadWeights', 'the parameters', parameters, ['layout', 'specs', 'load']);
  const { values, report, metadata } = readWeights(bytes, parameters.specs, options.where, options.match);
  await parameters.load(values, { match: 'some' });
  return { ...report, metadata };
}

/**
 * The weights in a safetensors file, checked against the parameters that a network declares.
 * @throws {FormatError} naming file and tensor, if the file is damaged, or what fits has a NaN, an infinity or whole numbers;
 *   unless `match` is `some`, if it lacks a parameter, has one that the network lacks or one of another shape
 */
export function readWeights(
  bytes: Uint8Array,
  declared: readonly Variable[],
  where = 'weights file',
  match: LoadOptions['match'] = 'all',
) {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const report = matchTensors(declared, tensors);
  const { missing, unused } = report;
  const advice = 'was it saved from another network?';
  if (match === 'some') {
    const names = [...tensors.keys()];
    if (report.loaded.length === 0)
      throw new FormatError(where, NOTHING_FITS, listed(names), namesOf(declared));
  } else if (missing.length > 0) throw new FormatError(where, `lacks ${listed(missing)}`, undefined, advice);
  else if (unused.length > 0)
    throw new FormatError(where, `has what the network lacks: ${listed(unused)}`, undefined, advice);
  const values = new Map<string, Tensor>();
  for (const spec of declared) {
    const tensor = tensors.get(spec.name);
    if (!tensor || (match === 'some' && report.otherShape.includes(spec.name))) continue;
    values.set(spec.name, readWeight(tensor, spec, `${where}, tensor ${spec.name}`));
  }
  return { values, report, metadata };
}

function readWeight({ shape, data, dtype }: StoredTensor, spec: Variable, where: string): Tensor {
  if (!sameShape(shape, spec.shape)) {
    const problem = `the network has the shape ${formatShape(spec.shape)}`;
    throw new FormatError(where, problem, formatShape(shape));
  }
  if (!isTyped(data, 'Float32Array')) {
    throw new FormatError(where, 'weights must be F64, F32, F16 or BF16', dtype);
  }
  const index = data.findIndex((weight) => !Number.isFinite(weight));
  if (index >= 0) throw new FormatError(where, 'weights must be finite', `${data[index]} at ${index}`);
  return { shape, data };
}
