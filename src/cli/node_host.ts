// Trains in this process, on Dawn, which the package `webgpu` brings.
import type { TrainingEvent } from '../app/events';
import { faultOf, onRefusal } from '../app/fault';
import { trainDigits } from '../app/train_digits';
import { EngineError, ValueError } from '../core/errors';
import type { Engine } from '../gpu/engine';
import { writeCheckpoint } from '../io/checkpoint';
import { openEngine } from '../node';
import { textStore } from '../runtime/tuning/store';
import { readDigitSet } from './digit_files';
import type { HostOptions } from './page_server';
import { pageError } from './work_page';

/** Does what a page does, without a browser. It keeps the process alive: end that by `process.exit`. */
export class NodeHost {
  readonly #options: HostOptions;
  readonly #controller = new AbortController();
  /** What the driver refused: everything after it would be wrong. */
  #refused: EngineError | undefined;

  private constructor(
    options: HostOptions,
    readonly version: string,
  ) {
    this.#options = options;
  }

  /**
   * @param version of the package; undefined: it is not installed
   * @throws {ValueError} without the package; {PageError} without an adapter, with what to install
   */
  static async open(options: HostOptions, version: string | undefined): Promise<NodeHost> {
    if (version === undefined) {
      const problem = 'needs the package webgpu, which is not installed';
      throw new ValueError('--host', problem, 'node', 'npm install webgpu');
    }
    const host = new NodeHost(options, `Dawn in Node (webgpu ${version})`);
    const engine = await host.#open().catch((error: unknown) => host.#fail(error));
    engine.destroy();
    return host;
  }

  /** Trains. @throws {PageError} if the engine fails, or what `onEvent` throws */
  async work(_url: string, onEvent: (event: never) => void): Promise<void> {
    const { options, choices, checkpoints, onWeights } = this.#options;
    try {
      const latest = await checkpoints.latest();
      await trainDigits({
        open: () => this.#open(),
        options,
        data: { train: readDigitSet('train'), test: readDigitSet('test') },
        store: textStore(
          () => Promise.resolve(choices.read()),
          (text) => {
            choices.write(text);
            return Promise.resolve();
          },
        ),
        ...(latest && { resume: latest.checkpoint }),
        onCheckpoint: async (checkpoint) => {
          this.#requireSound();
          await checkpoints.saveFile(checkpoint.step, writeCheckpoint(checkpoint));
        },
        signal: this.#controller.signal,
        onEvent: (event: TrainingEvent): void | Promise<void> => {
          this.#requireSound();
          if (event.kind === 'weights') return onWeights(event.bytes);
          onEvent(event as never);
        },
      });
      this.#requireSound();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends training after the step under way. */
  stop(): Promise<void> {
    this.#controller.abort();
    return Promise.resolve();
  }

  closed(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.stop();
  }

  async #open(): Promise<Engine> {
    const engine = await openEngine();
    onRefusal(engine, (error) => (this.#refused ??= error));
    return engine;
  }

  #requireSound(): void {
    if (this.#refused) throw this.#refused;
  }

  #fail(error: unknown): never {
    const reason = this.#refused ?? error;
    throw reason instanceof EngineError ? pageError(faultOf(reason)) : reason;
  }
}
