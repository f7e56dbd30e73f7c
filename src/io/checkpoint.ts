/**
 * Everything that a training run needs to go on with the same bits, in one safetensors file: tensors `weights/<name>`,
 * `moment1/<name>` and, for Adam, `moment2/<name>` in PyTorch's shapes and order, and three strings: `format`, `state`
 * (JSON, see checkpoint_state.ts) and a checksum over all of it, so that no flipped bit goes unnoticed.
 */
import { requireObject, shown } from '../core/check';
import { FormatError, ShapeError, ValueError } from '../core/errors';
import { hashName } from '../core/random';
import { formatShape, sameShape, sizeOf } from '../core/shape';
import type { Tensor } from '../runtime/parameters';
import { checkState, parseState, type CheckpointState } from './checkpoint_state';
import {
  readSafetensors,
  writeSafetensors,
  type Tensor as StoredTensor,
  type TensorToWrite,
} from './safetensors';

export type { CheckpointState, Json } from './checkpoint_state';

/** Tensors by the names of parameters. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

export interface Checkpoint extends CheckpointState {
  readonly weights: NamedTensors;
  /** The optimizer's state, for the same names: of SGD the momentum; of Adam the first moment. */
  readonly moment1: NamedTensors;
  /** Adam's second moment. */
  readonly moment2?: NamedTensors;
}

/** Changes with what the file holds or means. */
const FORMAT = 'inception-webgpu checkpoint 1';
const METADATA = ['format', 'state', 'checksum'];
const GROUPS = ['weights', 'moment1', 'moment2'] as const;
type Group = (typeof GROUPS)[number];

/** The groups of tensors that an optimizer has; of others there must be none. */
const groupsOf = ({ optimizer }: CheckpointState): readonly Group[] =>
  optimizer.kind === 'adam' ? GROUPS : GROUPS.slice(0, 2);

/**
 * 32-bit FNV-1a over the state's characters, each tensor's name and shape, and its 32-bit words: a change in one word or
 * character always changes it.
 */
function checksum(state: string, tensors: Iterable<readonly [string, TensorToWrite]>): string {
  let hash = hashName(state);
  for (const [name, { shape, data }] of tensors) {
    hash = Math.imul(hash ^ hashName(`${name} ${formatShape(shape)}`), 0x01000193);
    const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
    for (let index = 0; index < words.length; index++) hash = Math.imul(hash ^ words[index]!, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/**
 * @throws {ValueError} for a state that makes no sense, a moment too many or too few, or a number that is not finite: what
 *   cannot go on is no checkpoint
 * @throws {ShapeError} for a tensor whose numbers do not fit its shape, or a moment of another shape than its weight
 */
export function writeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  requireObject('checkpoint', 'it', checkpoint);
  const { weights, moment1, moment2, ...state } = checkpoint;
  checkState(state);
  if ((moment2 !== undefined) !== (state.optimizer.kind === 'adam')) {
    throw new ValueError('checkpoint', `${state.optimizer.kind} has ${moment2 ? 'no' : 'a'} second moment`);
  }
  const given = { weights, moment1, ...(moment2 !== undefined && { moment2 }) };
  for (const [group, named] of Object.entries(given)) {
    if (!(named instanceof Map))
      throw new ValueError('checkpoint', `${group} must be a Map of tensors`, shown(named));
  }
  const tensors = Object.entries(given).flatMap(([group, named]) => {
    const missing = [...weights.keys()].find((name) => !named.has(name));
    const unknown = [...named.keys()].find((name) => !weights.has(name));
    if (missing !== undefined) throw new ValueError('checkpoint', `${group} lacks ${missing}`);
    if (unknown !== undefined) throw new ValueError('checkpoint', `there is no weight for ${group}`, unknown);
    return [...weights].map(
      ([name, { shape }]) =>
        [`${group}/${name}`, checkTensor(`${group}/${name}`, named.get(name), shape)] as const,
    );
  });
  const text = JSON.stringify(state);
  return writeSafetensors(tensors, { format: FORMAT, state: text, checksum: checksum(text, tensors) });
}

function checkTensor(where: string, tensor: Tensor | undefined, expected: readonly number[]): TensorToWrite {
  const { shape, data } = tensor ?? { shape: [], data: undefined };
  if (!(data instanceof Float32Array)) throw new ValueError(where, 'must hold float32 numbers');
  if (!sameShape(shape, expected) || sizeOf(shape) !== data.length) {
    const got = `${formatShape(shape)}, ${data.length} numbers`;
    throw new ShapeError(where, `must be ${formatShape(expected)}, ${sizeOf(expected)} numbers`, got);
  }
  const index = data.findIndex((number) => !Number.isFinite(number));
  if (index >= 0) throw new ValueError(where, 'must hold finite numbers', `${data[index]} at ${index}`);
  // A copy only if the memory is shared between threads, which files are not written from.
  return {
    shape,
    data: data.buffer instanceof ArrayBuffer ? (data as Float32Array<ArrayBuffer>) : data.slice(),
  };
}

/**
 * @param where Names the file in errors.
 * @throws {FormatError} unless the file is, bit for bit, one that `writeCheckpoint` of this version wrote
 */
export function readCheckpoint(bytes: Uint8Array, where = 'checkpoint'): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const { format, state: text, checksum: expected } = metadata;
  if (format !== FORMAT) {
    const advice = 'it is no checkpoint, or one of another version';
    throw new FormatError(where, `its format must be ${FORMAT}`, shown(format), advice);
  }
  const unknown = Object.keys(metadata).find((name) => !METADATA.includes(name));
  if (unknown !== undefined) throw new FormatError(where, 'has unknown metadata', shown(unknown));
  if (text === undefined) throw new FormatError(where, 'has no state');
  const stored = [...tensors].map(([path, tensor]) => [path, readTensor(where, path, tensor)] as const);
  const found = checksum(text, stored);
  if (found !== expected) {
    const advice = 'the file is damaged: take an earlier one';
    throw new FormatError(where, `its checksum must be ${shown(expected)}`, found, advice);
  }
  const state = parseState(text, where);
  const groups: Record<Group, Map<string, Tensor>> = {
    weights: new Map(),
    moment1: new Map(),
    moment2: new Map(),
  };
  for (const [path, tensor] of stored) {
    const [, group, name = ''] = /^(weights|moment[12])\/([^]*)$/.exec(path) ?? [];
    if (group === undefined) throw new FormatError(where, 'has an unknown tensor', shown(path));
    groups[group as Group].set(name, tensor);
  }
  return requireWhole(where, state, groups);
}

function readTensor(where: string, path: string, { dtype, shape, data }: StoredTensor) {
  const name = `${where}, tensor ${shown(path)}`;
  if (dtype !== 'F32') throw new FormatError(name, 'must be F32', dtype);
  const index = data.findIndex((number) => !Number.isFinite(number));
  if (index >= 0) throw new FormatError(name, 'must hold finite numbers', `${data[index]} at ${index}`);
  return { shape, data };
}

/** Each weight has its moments, of its own shape, and there is nothing else. */
function requireWhole(
  where: string,
  state: CheckpointState,
  groups: Readonly<Record<Group, NamedTensors>>,
): Checkpoint {
  const { weights, moment1, moment2 } = groups;
  const needed = groupsOf(state);
  for (const group of GROUPS) {
    const count = needed.includes(group) ? weights.size : 0;
    if (groups[group].size !== count) {
      throw new FormatError(where, `${group} must have ${count} tensors`, `${groups[group].size}`);
    }
    for (const [name, { shape }] of groups[group]) {
      const weight = weights.get(name);
      if (!weight || !sameShape(weight.shape, shape)) {
        const expected = weight ? formatShape(weight.shape) : 'the name of a weight';
        throw new FormatError(
          `${where}, tensor ${shown(`${group}/${name}`)}`,
          `must have ${expected}`,
          formatShape(shape),
        );
      }
    }
  }
  return { ...state, weights, moment1, ...(needed.includes('moment2') && { moment2 }) };
}
