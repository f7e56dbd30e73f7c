import { afterEach, expect, it, vi } from 'vitest';
import { onInterrupt } from '../../src/cli/interrupt';

let forget: () => void = () => undefined;
afterEach(() => {
  forget();
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function heard(): { calls: string[] } {
  const calls: string[] = [];
  forget = onInterrupt(
    () => calls.push('first'),
    () => calls.push('second'),
  );
  return { calls };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is heard, its echo is not', (signal) => {
  vi.useFakeTimers();
  const { calls } = heard();
  process.emit(signal);
  process.emit(signal);
  expect(calls).toEqual(['first']);
  vi.advanceTimersByTime(600);
  process.emit('SIGTERM');
  expect(calls).toEqual(['first', 'second']);
});

it('a terminal that goes away says so several times, and ends nothing at once', () => {
  vi.useFakeTimers();
  const { calls } = heard();
  process.emit('SIGHUP');
  vi.advanceTimersByTime(2000);
  process.emit('SIGHUP');
  expect(calls).toEqual(['first']);
});

it.each([
  ['start', ['first']],
  [undefined, []], // Whoever starts it in the background without npm may leave.
])('the death of the parent, with npm_lifecycle_event %s, is %j', (event, expected) => {
  vi.useFakeTimers();
  vi.stubEnv('npm_lifecycle_event', event);
  const { calls } = heard();
  vi.spyOn(process, 'ppid', 'get').mockReturnValue(1);
  vi.advanceTimersByTime(5000);
  expect(calls).toEqual(expected);
});
