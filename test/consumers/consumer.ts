import type { Trained } from './program/train';
import type { Project } from './project';

/** Somebody who uses the package. */
export interface Consumer {
  readonly name: string;
  /** What is installed beside it, from the registry. */
  readonly packages: readonly string[];
  /** @returns what it did, a line each */
  readonly run: (project: Project) => Promise<readonly Did[]>;
}

export interface Did {
  readonly what: string;
  /** Undefined where it trained nothing. */
  readonly trained?: Trained;
}

/** @throws {Error} unless ten steps have taught it something */
export function requireLearnt({ what, trained }: Did): void {
  if (!trained) return;
  const { steps, first, last } = trained;
  if (steps === 10 && last < first / 4) return;
  throw new Error(`${what}: learnt nothing; got ${JSON.stringify(trained)}`);
}
