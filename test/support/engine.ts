import { openEngine, type Engine } from '../../src/gpu/engine';
import type { JobContext } from './job';

const engines = new WeakMap<GPUDevice, Promise<Engine>>();

/** The engine that jobs share, so that a pipeline is made once for all of them. Jobs must not destroy it. */
export function sharedEngine({ device, adapter }: JobContext): Promise<Engine> {
  const engine = engines.get(device) ?? openEngine({ device, adapter });
  engines.set(device, engine);
  return engine;
}
