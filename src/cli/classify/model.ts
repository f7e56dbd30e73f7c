import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readCard, type ModelCard } from '../../app/model_card';
import { messageOf } from '../../core/check';
import { ValueError } from '../../core/errors';
import { readSafetensors } from '../../io/safetensors';

/** What classifies. */
export interface Model {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly card: ModelCard;
}

/**
 * @param path the folder of a run, or a weights file
 * @throws {ValueError} if there is nothing; {FormatError} for what is no weights file of a run
 */
export function openModel(path: string): Model {
  const { file, bytes } = readWeightsFile(path);
  return { file, bytes, card: readCard(file, readSafetensors(bytes, file).metadata) };
}

/**
 * @param path the folder of a run, or a weights file
 * @throws {ValueError} if there is nothing
 */
export function readWeightsFile(path: string): Pick<Model, 'file' | 'bytes'> {
  try {
    const file = statSync(path).isDirectory() ? join(path, 'weights.safetensors') : path;
    return { file, bytes: readFileSync(file) };
  } catch (cause) {
    const advice = 'name the folder of a run that has ended, or its weights.safetensors';
    throw new ValueError(path, 'has no weights', messageOf(cause), advice, { cause });
  }
}
