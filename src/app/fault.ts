import { EngineError } from '../core/errors';
import type { Engine } from '../gpu/engine';
import type { Fault } from './events';

/** An error as Node is told of it. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof EngineError)) {
    // Nobody expected it, so its place matters; Chrome's stack begins with the message.
    const problem = error instanceof Error && error.stack ? error.stack : String(error);
    return { name: 'Error', where: 'page', problem };
  }
  const { name, where, problem, got, advice } = error;
  return { name, where, problem, got, advice };
}

/** What the driver refuses shows nowhere else, and everything after it would be wrong. */
export function onRefusal({ device }: Engine, refuse: (error: EngineError) => void): void {
  device.addEventListener('uncapturederror', ({ error }) => refuse(new EngineError('GPU', error.message)));
}
