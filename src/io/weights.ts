import { FormatError } from '../core/errors';
import { formatShape, sameShape } from '../core/shape';
import type { Parameters, Tensor } from '../runtime/parameters';
import { readSafetensors, writeSafetensors } from './safetensors';

/**
 * All parameters as a safetensors file, under PyTorch's names, in PyTorch's order, shapes and layout: what
 * `safetensors.torch.load_file` gives there is a `state_dict`.
 * @param metadata Strings to keep in the file, such as the options that the network was built with.
 */
export async function saveWeights(
  parameters: Parameters,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
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
 * @throws {FormatError} naming file and tensor, if the file is damaged, lacks a parameter, has one that the network
 *   lacks, or one of another shape or of whole numbers
 */
export async function loadWeights(
  parameters: Parameters,
  bytes: Uint8Array,
  where = 'weights file',
): Promise<Readonly<Record<string, string>>> {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const specs = new Map(parameters.specs.map((spec) => [spec.name, spec]));
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
    if (!tensor) continue;
    const { shape, data, dtype } = tensor;
    if (!sameShape(shape, spec.shape)) {
      const problem = `the network has the shape ${formatShape(spec.shape)}`;
      throw new FormatError(`${where}, tensor ${name}`, problem, formatShape(shape));
    }
    if (!(data instanceof Float32Array)) {
      throw new FormatError(`${where}, tensor ${name}`, 'weights must be F64, F32, F16 or BF16', dtype);
    }
    values.set(name, { shape, data });
  }
  await parameters.load(values);
  return metadata;
}

function list(names: readonly string[]): string {
  const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
  return `${names.slice(0, 4).join(', ')}${more}`;
}
