import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Of what a program printed, so many characters at the end are shown. */
const SHOWN = 500;

/** A program that a library is about to start, and of whose process it tells nothing unless all goes well. */
export interface ProgramWatch {
  /** Where there is no process. */
  readonly failed: Promise<never>;
  /** The end of what it has printed. */
  printed(): string;
  forget(): void;
}

/** Node tells of each process that it makes; the one that runs this program is the one meant. */
export function watchProgram(path: string): ProgramWatch {
  let text = '';
  let refuse: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (refuse = reject));
  failed.catch(() => undefined);
  const onProcess = (message: unknown): void => {
    const { process: child } = message as { readonly process: ChildProcess };
    const add = (part: Buffer): void => void (text = (text + part.toString()).slice(-SHOWN));
    // What it is to run is known once it is started; whether it was, later.
    process.nextTick(() => {
      if (child.spawnfile !== path) return;
      child.on('error', refuse);
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', add);
      // One that is killed may break its pipes after the library has stopped listening.
      for (const stream of child.stdio) stream?.on('error', () => undefined);
    });
  };
  subscribe('child_process', onProcess);
  return { failed, printed: () => text.trim(), forget: () => unsubscribe('child_process', onProcess) };
}
