import { Presets, SingleBar } from 'cli-progress';
import { formatDuration, formatSpeed } from '../app/format';

/** Seconds between two lines where there is no terminal to draw a bar on. */
const PAUSE = 5;

export interface Standing {
  readonly done: number;
  readonly count: number;
  /** What else there is to say. */
  readonly details: string;
}

/** How fast images go, and until when. */
export function speedDetails(speed: number, secondsLeft: number): string {
  return `${formatSpeed(speed)} images/s, ${formatDuration(secondsLeft)} left`;
}

/** Tells a person how far a phase has come. */
export interface Progress {
  update(standing: Standing): void;
  /** Ends the phase; nothing is left half drawn. */
  end(): void;
}

/** Tells nobody. */
export const NO_PROGRESS: Progress = { update: () => undefined, end: () => undefined };

/** A bar on a terminal (which `clear` removes at its end), a line every few seconds elsewhere. */
export function startProgress(
  phase: string,
  count: number,
  stream: NodeJS.WriteStream,
  { clear = false } = {},
): Progress {
  return stream.isTTY ? new Bar(phase, count, stream, clear) : new Lines(phase, stream);
}

class Bar implements Progress {
  readonly #bar: SingleBar;

  constructor(phase: string, count: number, stream: NodeJS.WriteStream, clearOnComplete: boolean) {
    const format = `${phase} {bar} {value}/{total} {details}`;
    // Narrow, so that the numbers behind it fit into 80 columns.
    const options = { format, stream, barsize: 20, hideCursor: true, stopOnComplete: false };
    this.#bar = new SingleBar({ ...options, clearOnComplete }, Presets.shades_classic);
    this.#bar.start(count, 0, { details: '' });
  }

  update({ done, count, details }: Standing): void {
    this.#bar.setTotal(count);
    this.#bar.update(done, { details });
  }

  end(): void {
    if (this.#bar.isActive) this.#bar.stop();
  }
}

class Lines implements Progress {
  readonly #phase: string;
  readonly #stream: NodeJS.WriteStream;
  #last = -Infinity;
  #pending: Standing | undefined;

  constructor(phase: string, stream: NodeJS.WriteStream) {
    this.#phase = phase;
    this.#stream = stream;
  }

  update(standing: Standing): void {
    this.#pending = standing;
    if (performance.now() - this.#last >= PAUSE * 1000) this.end();
  }

  end(): void {
    const standing = this.#pending;
    if (!standing) return;
    this.#pending = undefined;
    this.#last = performance.now();
    const { done, count, details } = standing;
    this.#stream.write(`${this.#phase} ${[`${done}/${count}`, details].filter(Boolean).join(', ')}\n`);
  }
}
