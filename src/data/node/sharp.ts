import type { Sharp, SharpOptions } from 'sharp';
import { messageOf } from '../../core/check';
import { EngineError } from '../../core/errors';

export type Library = (bytes: Uint8Array, options: SharpOptions) => Sharp;

/**
 * The package that decodes pictures.
 * @throws {EngineError} if it is not installed, or brings nothing for this machine
 */
export async function loadSharp(
  load: () => Promise<{ readonly default: Library }> = () => import('sharp'),
): Promise<Library> {
  try {
    return (await load()).default;
  } catch (cause) {
    const reason = messageOf(cause).split('\n')[0];
    const advice = 'npm install sharp beside inception-webgpu';
    throw new EngineError('sharp', 'decodes pictures in Node but cannot be loaded', reason, advice, {
      cause,
    });
  }
}
