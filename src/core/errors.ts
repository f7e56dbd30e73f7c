/**
 * Every error reads `where: what is wrong; got what; what to do` and carries those parts as fields, so that a
 * program can react without parsing the sentence.
 */
export class EngineError extends Error {
  // In words, as in each class below: a minifier renames the classes.
  override readonly name: string = 'EngineError';

  constructor(
    readonly where: string,
    readonly problem: string,
    readonly got?: string,
    readonly advice?: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: ${[problem, got && `got ${got}`, advice].filter(Boolean).join('; ')}`, options);
  }
}

/** Shapes that do not fit together; thrown while a graph is built, before any GPU is involved. */
export class ShapeError extends EngineError {
  override readonly name: string = 'ShapeError';
}

/** A value of the wrong kind: wrong data type, a label out of range, a NaN in an image, an unknown name. */
export class ValueError extends EngineError {
  override readonly name: string = 'ValueError';
}

/** Something the adapter cannot do, or a budget does not allow: a binding too large, too many storage buffers. */
export class LimitError extends EngineError {
  override readonly name: string = 'LimitError';
  /** Where the limit is one of memory: what was needed and what there is, in bytes. */
  readonly bytes: { readonly needed: number; readonly limit: number } | undefined;
  /** The largest batch that fits, where the batch decides and is known; 0 if none does. */
  readonly largestBatch: number | undefined;

  constructor(
    where: string,
    problem: string,
    got?: string,
    advice?: string,
    options: ErrorOptions & Partial<Pick<LimitError, 'bytes' | 'largestBatch'>> = {},
  ) {
    super(where, problem, got, advice, options);
    this.bytes = options.bytes;
    this.largestBatch = options.largestBatch;
  }
}

/** The adapter ran out of memory while a buffer was made. */
export class OutOfMemoryError extends EngineError {
  override readonly name: string = 'OutOfMemoryError';
}

/** The GPU device went away. */
export class DeviceLostError extends EngineError {
  override readonly name: string = 'DeviceLostError';
}

/** The GPU refused a command, or failed at it, and nobody was there to hear of it. */
export class GpuError extends EngineError {
  override readonly name: string = 'GpuError';
}

/** WebGPU is missing or offers no adapter. */
export class NoAdapterError extends EngineError {
  override readonly name: string = 'NoAdapterError';
}

/** A WGSL file and what TypeScript says of it do not agree, or the driver refused it. */
export class ShaderError extends EngineError {
  override readonly name: string = 'ShaderError';
}

/** A number that is not finite came up in training. */
export class NotFiniteError extends EngineError {
  override readonly name: string = 'NotFiniteError';

  constructor(
    /** Number of the step, from 0; the weights are as before it. */
    readonly step: number,
    losses: string,
    /** The first tensor with such numbers, in the order of computation; undefined where only the norm overflowed. */
    readonly found: NotFinite | undefined,
  ) {
    const what = found
      ? `${found.count} of ${found.size} numbers of ${found.tensor} are not finite (${found.layer}, ${found.part})`
      : 'the norm of the gradients is not finite';
    super(`step ${step}`, what, losses, 'the weights are as before this step: use a lower rate, or clip');
  }
}

/** A tensor that holds a NaN or an infinity. */
export interface NotFinite {
  readonly layer: string;
  readonly tensor: string;
  readonly part: 'weights' | 'forward' | 'backward';
  /** How many of its numbers are not finite, of how many. */
  readonly count: number;
  readonly size: number;
}

/** A file that is not what it claims to be: truncated, a wrong shape, a missing name. */
export class FormatError extends EngineError {
  override readonly name: string = 'FormatError';
}

/** Nothing can be kept in the browser's own files, or not now. */
export class StorageError extends EngineError {
  override readonly name: string = 'StorageError';

  constructor(
    /**
     * `missing`: this page may keep no files at all; `full`: the browser gives no more room; `locked`: another tab, or another
     * part of this page, has them; `failed`: anything else, such as files that the browser has deleted.
     */
    readonly reason: 'missing' | 'full' | 'locked' | 'failed',
    ...[where, problem, got, advice, options]: ConstructorParameters<typeof EngineError>
  ) {
    super(where, problem, got, advice, options);
  }
}

/** The caller's `AbortSignal` fired. */
export class AbortError extends EngineError {
  override readonly name: string = 'AbortError';
}
