import type { StepRecord } from '../app/events';

/** A step in the log. */
export type LogLine = Omit<StepRecord, 'losses' | 'gradientNorm'> & StepRecord['losses'];

/** The steps of a log, as far as `last`: each once. */
export function readLog(text: string, last: number): readonly LogLine[] {
  // A line may be half, of a process that was killed while it wrote; of two of a step the later counts.
  const lines = new Map<number, LogLine>();
  for (const each of text.split('\n')) {
    const line = logLine(each);
    if (line && line.step <= last) lines.set(line.step, line);
  }
  return [...lines.values()];
}

/** Undefined where it is none. */
function logLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
