import { isTyped, requireObject, requireText } from '../core/check';
import { FormatError } from '../core/errors';
import { formatShape, sameShape } from '../core/shape';
import type { Variable } from '../core/variable';
import type { FlatBuffer, Tensor } from '../runtime/flat_buffer';
import { readSafetensors, writeSafetensors, type Tensor as StoredTensor } from './safetensors';

/**
 * All parameters as a safetensors file, under PyTorch's names, in PyTorch's order, shapes and layout: what
 * `safetensors.torch.load_file` gives there is a `state_dict`.
 * @param metadata Strings to keep in the file, such as the options that the network was built with.
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

/**
 * Replaces all parameters by those of a safetensors file. Nothing is written unless all fit.
 * @param where Names the file in errors.
 * @returns the strings that were saved with them
 * @throws as `readWeights` does
 */
export async function loadWeights(
  parameters: FlatBuffer,
  bytes: Uint8Array,
  where = 'weights file',
): Promise<Readonly<Record<string, string>>> {
  requireText('loadWeights', 'where', where);
  requireObject('loadWeights', 'the parameters', parameters, ['layout', 'specs', 'load']);
  const { values, metadata } = readWeights(bytes, parameters.specs, where);
  await parameters.load(values);
  return metadata;
}

/**
 * The weights in a safetensors file, checked against the parameters that a network declares.
 * @throws {FormatError} naming file and tensor, if the file is damaged, lacks a parameter, has one that the network
 *   lacks, one of another shape or of whole numbers, or a NaN or infinity
 */
export function readWeights(bytes: Uint8Array, declared: readonly Variable[], where = 'weights file') {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const specs = new Map(declared.map((spec) => [spec.name, spec]));
  const missing = [...specs.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0) {
    throw new FormatError(where, `lacks ${list(missing)}`, undefined, 'was it saved from another network?');
  }
  const unknown = [...tensors.keys()].filter((name) => !specs.has(name));
  if (unknown.length > 0) {
    const problem = `has what the network lacks: ${list(unknown)}`;
    throw new FormatError(where, problem, undefined, 'was it saved from another network?');
  }
  const values = new Map<string, Tensor>();
  for (const [name, spec] of specs) {
    const tensor = tensors.get(name);
    if (tensor) values.set(name, readWeight(tensor, spec, `${where}, tensor ${name}`));
  }
  return { values, metadata };
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

function list(names: readonly string[]): string {
  const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
  return `${names.slice(0, 4).map(shortened).join(', ')}${more}`;
}

const shortened = (name: string): string => (name.length > 80 ? `${name.slice(0, 77)}...` : name);
