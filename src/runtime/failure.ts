import { DeviceLostError, GpuError, ShaderError, type EngineError } from '../core/errors';
import type { Engine } from '../gpu/engine';

/** Milliseconds after which a device that is lost has said so: what waits for it may fail first. */
const PATIENCE = 50;

/**
 * What comes of `work`. Told of are the commands that it gives before it first waits: a scope that stays open longer hears of
 * what others do with the device, and ends theirs.
 * @throws {ShaderError} if the device refuses one of them
 */
export async function orRefused<T>(
  { device }: Engine,
  where: string,
  work: () => T | Promise<T>,
): Promise<T> {
  device.pushErrorScope('validation');
  // Begins at once, and throws later.
  const begun = (async () => work())();
  const [refused, result] = await Promise.allSettled([device.popErrorScope(), begun]);
  const { message } = (refused.status === 'fulfilled' && refused.value) || {};
  if (message !== undefined) throw new ShaderError(where, 'the device refuses it', message);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

/** What to say where bytes could not be read back: that the device was lost only if the device says so itself. */
export async function readFailure(engine: Engine, cause: unknown): Promise<EngineError> {
  await Promise.race([engine.device.lost, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  const reason = engine.lostReason();
  const problem = 'the GPU gave nothing back';
  if (reason === undefined) return new GpuError('read', problem, String(cause), undefined, { cause });
  return new DeviceLostError('read', problem, reason, 'open a new engine and load the weights again', {
    cause,
  });
}
