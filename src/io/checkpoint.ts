/**
 * Everything that a training run needs to go on with the same bits, in one safetensors file: tensors `weights/<name>` and
 * `<slot>/<name>` for all that the optimizer keeps, in PyTorch's shapes and order, and three strings: `format`, `state`
 * (JSON, see checkpoint_state.ts) and a checksum over all of it, so that no flipped bit goes unnoticed.
 */
import { isTyped, requireObject, requireText, shown } from '../core/check';
import { FormatError, ShapeError, ValueError } from '../core/errors';
import { hashName } from '../core/random';
import { formatShape, sameShape, sizeOf } from '../core/shape';
import type { NamedTensors, Tensor } from '../runtime/flat_buffer';
import { FORMAT_1, stateOfFormat1, slotOfFormat1 } from './checkpoint_1';
import { checkState, parseState, type CheckpointState } from './checkpoint_state';
import {
  readSafetensors,
  writeSafetensors,
  type Tensor as StoredTensor,
  type TensorToWrite,
} from './safetensors';

export type { NamedTensors } from '../runtime/flat_buffer';
export type { CheckpointState, Json, NamedSettings } from './checkpoint_state';

/** All that a run needs to go on: weights, what the optimizer keeps, and where the run stands. */
export interface Checkpoint extends CheckpointState {
  /** All variables of the network. */
  readonly weights: NamedTensors;
  /** What the optimizer, and a running average, keep of each trained variable: `exp_avg`, say. */
  readonly slots: ReadonlyMap<string, NamedTensors>;
}

/** Changes with what the file holds or means. */
const FORMAT = 'inception-webgpu checkpoint 2';
const METADATA = ['format', 'state', 'checksum'];
const WEIGHTS = 'weights';

/**
 * 32-bit FNV-1a over the state's characters, each tensor's name and shape, and its 32-bit words: a change in one word or
 * character always changes it.
 */
function checksum(state: string, tensors: Iterable<readonly [string, TensorToWrite]>): string {
  let hash = hashName(state);
  for (const [name, { shape, data }] of tensors) {
    hash = Math.imul(hash ^ hashName(`${name} ${formatShape(shape)}`), 0x01000193);
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let index = 0; index < words.length; index++) hash = Math.imul(hash ^ words[index]!, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/**
 * @param checkpoint such as `trainer.checkpoint()` gives
 * @throws {ValueError} for a state that makes no sense, a slot of what is no weight, or a number that is not finite: what
 *   cannot go on is no checkpoint
 * @throws {ShapeError} for a tensor whose numbers do not fit its shape, or one in a slot of another shape than its weight
 */
export function writeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  requireObject('checkpoint', 'it', checkpoint);
  const { weights, slots, ...state } = checkpoint;
  checkState(state);
  for (const [name, map] of Object.entries<unknown>({ weights, slots })) {
    if (!(map instanceof Map))
      throw new ValueError('checkpoint', `${name} must be a Map of tensors`, shown(map));
  }
  for (const slot of slots.keys()) {
    if (/^[^/]+$/.test(slot) && slot !== WEIGHTS) continue;
    const problem = `the name of a slot must be a word without /, other than ${WEIGHTS}`;
    throw new ValueError('checkpoint', problem, shown(slot));
  }
  const tensors = [[WEIGHTS, weights] as const, ...slots].flatMap(([group, named]) => {
    const given: unknown = named;
    if (!(given instanceof Map)) {
      throw new ValueError('checkpoint', `${group} must be a Map of tensors`, shown(given));
    }
    return [...named].map(([name, tensor]) => {
      const weight = weights.get(name);
      if (!weight) throw new ValueError('checkpoint', `there is no weight for ${group}`, name);
      return [`${group}/${name}`, checkTensor(`${group}/${name}`, tensor, weight.shape)] as const;
    });
  });
  const missing = unevenSlot(weights, slots);
  if (missing !== undefined) throw new ValueError('checkpoint', missing);
  const text = JSON.stringify(state);
  return writeSafetensors(tensors, { format: FORMAT, state: text, checksum: checksum(text, tensors) });
}

/** What a slot lacks that others have, as a sentence. */
function unevenSlot(weights: NamedTensors, slots: Checkpoint['slots']): string | undefined {
  if (weights.size === 0) return 'weights must have a tensor';
  const all = new Set([...slots.values()].flatMap((named) => [...named.keys()]));
  for (const [slot, named] of slots) {
    const missing = [...all].find((name) => !named.has(name));
    if (missing !== undefined) return `${slot} lacks ${missing}`;
  }
  return undefined;
}

function checkTensor(where: string, tensor: Tensor | undefined, expected: readonly number[]): TensorToWrite {
  const { shape, data } = tensor ?? { shape: [], data: undefined };
  if (!isTyped(data, 'Float32Array')) throw new ValueError(where, 'must hold float32 numbers');
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
 * @param bytes a whole file
 * @throws {FormatError} unless the file is, bit for bit, one that `writeCheckpoint` of this version or the first one wrote
 */
export function readCheckpoint(bytes: Uint8Array, where = 'checkpoint'): Checkpoint {
  requireText('readCheckpoint', 'where', where);
  const { tensors, metadata } = readSafetensors(bytes, where);
  const { format, state: text, checksum: expected } = metadata;
  if (format !== FORMAT && format !== FORMAT_1) {
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
  const isFirst = format === FORMAT_1;
  const state = parseState(text, where, isFirst ? stateOfFormat1 : undefined);
  const weights = new Map<string, Tensor>();
  const slots = new Map<string, Map<string, Tensor>>();
  for (const [path, tensor] of stored) {
    const [, stem, name = ''] = /^([^/]+)\/([^]*)$/.exec(path) ?? [];
    const group = isFirst ? slotOfFormat1(stem, state.optimizer) : stem;
    if (group === undefined) throw new FormatError(where, 'has an unknown tensor', shown(path));
    if (group === WEIGHTS) weights.set(name, tensor);
    else if (group !== '')
      slots.set(group, (slots.get(group) ?? new Map<string, Tensor>()).set(name, tensor));
  }
  return requireConsistent(where, { ...state, weights, slots });
}

function readTensor(where: string, path: string, { dtype, shape, data }: StoredTensor) {
  const name = `${where}, tensor ${shown(path)}`;
  if (dtype !== 'F32') throw new FormatError(name, 'must be F32', dtype);
  const index = data.findIndex((number) => !Number.isFinite(number));
  if (index >= 0) throw new FormatError(name, 'must hold finite numbers', `${data[index]} at ${index}`);
  return { shape, data };
}

/** Each tensor of a slot is of a weight, and has its shape. */
function requireConsistent(where: string, checkpoint: Checkpoint): Checkpoint {
  const { weights, slots } = checkpoint;
  for (const [slot, named] of slots) {
    for (const [name, { shape }] of named) {
      const weight = weights.get(name);
      if (weight && sameShape(weight.shape, shape)) continue;
      const expected = weight ? formatShape(weight.shape) : 'the name of a weight';
      const tensor = `${where}, tensor ${shown(`${slot}/${name}`)}`;
      throw new FormatError(tensor, `must have ${expected}`, formatShape(shape));
    }
  }
  const missing = unevenSlot(weights, slots);
  if (missing !== undefined) throw new FormatError(where, missing);
  return checkpoint;
}
