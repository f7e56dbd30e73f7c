import type { StepRecord } from '../app/events';

/** A step in the log. */
export type LogLine = Omit<StepRecord, 'losses' | 'gradientNorm'> & StepRecord['losses'];

/** The steps of a log, as far as `last`: each once. */
export function readLog(text: string, last: number): readonly LogLine[] {
  // Of two of a step the later counts.
  const lines = new Map<number, LogLine>();
  for (const line of readLines<LogLine>(text)) if (line.step <= last) lines.set(line.step, line);
  return [...lines.values()];
}

/** The whole lines of a file of JSON Lines: one that a process wrote which was killed may be half. */
export const readLines = <T>(text: string): T[] =>
  text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
