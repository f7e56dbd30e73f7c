import type { Engine, EngineOptions } from '../../src/gpu/engine';
import { engineOptions, type EngineWishes } from './engine_choice';

/** What a host (a page, or Node with Dawn) hands to a job. */
export interface JobContext {
  /** A new engine on a device of its own; the job destroys it. */
  open(options?: EngineOptions): Promise<Engine>;
  /** Tells the person at the terminal how far it is. */
  say(progress: string): void;
}

/** Which adapter a figure belongs to. */
export interface Adapter {
  readonly name: string;
  /** True where the adapter computes on the CPU: its figures are never a GPU's. */
  readonly software: boolean;
}

export const adapterOf = ({ adapterName, software }: Engine): Adapter => ({ name: adapterName, software });

/** Destroys the engine whatever happens, and fails if the device reported an error meanwhile. */
export async function withEngine<T>(
  context: JobContext,
  wishes: EngineWishes,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await context.open(engineOptions(wishes));
  const faults: string[] = [];
  engine.device.addEventListener('uncapturederror', ({ error }) => void faults.push(error.message));
  try {
    const result = await work(engine);
    await engine.device.queue.onSubmittedWorkDone();
    // Errors arrive as events; once the event loop has turned, they are all here.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (faults.length > 0) throw new Error(`the GPU refuses work, so no figure counts: ${faults.join('; ')}`);
    return result;
  } finally {
    engine.destroy();
  }
}
