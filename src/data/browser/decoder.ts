import { EngineError } from '../../core/errors';
import { checkOptions, type Rules } from '../../core/options';
import * as is from '../../core/rules';
import type { DecodedPicture, DecodeOptions } from '../picture';
import { decodePicture } from './decode';
import { errorOf, type Answer, type Task } from './messages';

/** Who decodes. */
export interface DecoderOptions {
  /**
   * Workers that decode. 0 decodes in the page itself, as is done where workers are missing or cannot be loaded. Default: a
   * thread less than the machine has, at most 4.
   */
  readonly workers?: number;
}

const DECODER: Rules<DecoderOptions> = { workers: is.whole(0, 64) };

interface Waiting {
  readonly task: Task;
  readonly resolve: (picture: DecodedPicture) => void;
  readonly reject: (error: unknown) => void;
}

interface Hand {
  readonly worker: Worker;
  /** Tasks that it has not answered, by their numbers. */
  readonly tasks: Map<number, Waiting>;
}

/** Decodes pictures in workers, so that the page stays awake. */
export class PictureDecoder {
  readonly #hands: Hand[] = [];
  #closed = false;
  #tasks = 0;

  /** @throws {ValueError} for wrong options */
  constructor(options: DecoderOptions = {}) {
    checkOptions('PictureDecoder', options, DECODER);
    if (typeof Worker === 'undefined') return;
    const { workers = Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1)) } = options;
    for (let count = 0; count < workers; count++) this.#hands.push(this.#hire());
  }

  /** Workers at work; 0 where the page decodes itself. */
  get workers(): number {
    return this.#hands.length;
  }

  /**
   * As `decodePicture`, in the worker that has the least to do.
   * @param file the whole file, such as a `File` that someone has dropped, or its bytes
   * @throws {EngineError} once this is closed; else as `decodePicture`
   */
  async decode(file: Blob | Uint8Array<ArrayBuffer>, options: DecodeOptions): Promise<DecodedPicture> {
    if (this.#closed) throw closed();
    const task = { id: this.#tasks++, file, options };
    const [first, ...others] = this.#hands;
    if (!first) return decodePicture(file, options);
    const hand = others.reduce((least, each) => (each.tasks.size < least.tasks.size ? each : least), first);
    return new Promise((resolve, reject) => {
      hand.worker.postMessage(task);
      hand.tasks.set(task.id, { task, resolve, reject });
    });
  }

  /** Ends the workers; what is under way fails. */
  close(): void {
    this.#closed = true;
    for (const { worker, tasks } of this.#hands.splice(0)) {
      worker.terminate();
      for (const { reject } of tasks.values()) reject(closed());
    }
  }

  #hire(): Hand {
    // Vite would add a module to the worker that the command line's server does not serve. In the package it is `./worker.js`.
    const address = new URL(/* @vite-ignore */ './worker.ts', import.meta.url);
    const worker = new Worker(address, { type: 'module' });
    const hand: Hand = { worker, tasks: new Map() };
    worker.addEventListener('message', ({ data: { id, picture, failure } }: MessageEvent<Answer>) => {
      const waiting = hand.tasks.get(id);
      hand.tasks.delete(id);
      if (picture) waiting?.resolve(picture);
      else if (failure) waiting?.reject(errorOf(failure));
    });
    // It could not be loaded, or broke down: what it had to do is done by the others, or here.
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      worker.terminate();
      this.#hands.splice(this.#hands.indexOf(hand), 1);
      for (const { task, resolve, reject } of hand.tasks.values()) {
        this.decode(task.file, task.options).then(resolve, reject);
      }
    });
    return hand;
  }
}

const closed = (): EngineError =>
  new EngineError('PictureDecoder', 'is closed', undefined, 'open another: new PictureDecoder()');
