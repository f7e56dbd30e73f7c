/** How long the device may be kept busy at a stretch, and how much it is taken to do in a second. */
export interface Pace {
  readonly submitSeconds: number;
  readonly multiplyAdds: number;
  readonly bytes: number;
}

/**
 * Slow adapters of their kind, so that what is cut by these numbers is short on all. An operating system resets a GPU
 * that is busy for about two seconds, and nobody else can draw meanwhile; a software adapter has only the page waiting.
 */
export const assumedPace = (software: boolean): Pace =>
  software
    ? { submitSeconds: 1.5, multiplyAdds: 2e9, bytes: 2e9 }
    : { submitSeconds: 0.5, multiplyAdds: 5e11, bytes: 2e10 };

/** Seconds that work should take at this pace. */
export const secondsAt = (
  pace: Pace,
  { multiplyAdds, bytes }: Pick<Pace, 'multiplyAdds' | 'bytes'>,
): number => multiplyAdds / pace.multiplyAdds + bytes / pace.bytes;
