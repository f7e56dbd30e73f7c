import { DeviceLostError, GpuError, type EngineError } from '../core/errors';
import type { Engine } from '../gpu/engine';

/** Milliseconds after which a device that is lost has said so: what waits for it may fail first. */
const PATIENCE = 50;

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
