import { EngineError } from '../core/errors';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../io/checkpoint';
import { readDigits, type Digits } from '../io/digits';
import { textStore } from '../runtime/tuning/store';
import type { BenchEvent } from './bench_run';
import type { ClassifyEvent, EndEvent, PageEvent, PageOptions } from './events';

/** What the page gets from the Node process that opened it, and tells it. */
export class NodeLink {
  readonly #token: string;
  /** What Node was told last, until it has heard it. */
  #told: Promise<unknown> | undefined;
  /** Kernels' choices, in a file of Node's: the browser forgets what it keeps itself. */
  readonly choices = textStore(
    async () => (await this.#fetch('kernels')).text(),
    async (text) => {
      await this.#fetch('kernels', { method: 'POST', body: text });
    },
  );

  /** @param token of this run; without it Node answers nothing */
  constructor(token: string) {
    this.#token = token;
  }

  async options<O = PageOptions>(): Promise<O> {
    return (await (await this.#fetch('options')).json()) as O;
  }

  /** @throws {FormatError} if the files are broken */
  async digits(): Promise<{ train: Digits; test: Digits }> {
    const names = ['train-images', 'train-labels', 'test-images', 'test-labels'];
    const files = await Promise.all(names.map((name) => this.#bytes(name)));
    const [trainImages, trainLabels, testImages, testLabels] = files as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    return {
      train: readDigits(trainImages, trainLabels, 'training digits'),
      test: readDigits(testImages, testLabels, 'test digits'),
    };
  }

  /** The file of one of somebody's own pictures. */
  async picture(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#answer(`picture/${index}`);
    if (!response.ok) throw new EngineError(`picture ${index}`, await response.text());
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Weights to classify with. */
  weights(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes('weights');
  }

  /** Weights to begin with; undefined where the run begins with new ones. */
  async initial(): Promise<Uint8Array | undefined> {
    const bytes = await this.#bytes('initial');
    return bytes.length > 0 ? bytes : undefined;
  }

  async report(event: PageEvent | ClassifyEvent | BenchEvent | EndEvent): Promise<void> {
    this.#told = window.reportEvent?.(event);
    await this.#told;
  }

  /**
   * The checkpoint to begin with; undefined where the run is new.
   * @throws {FormatError} if it is damaged
   */
  async checkpoint(): Promise<Checkpoint | undefined> {
    const bytes = await this.#bytes('checkpoint');
    return bytes.length > 0 ? readCheckpoint(bytes) : undefined;
  }

  /** The steps before it must be in the log: a run that goes on from here tells only later ones. */
  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    await this.#told;
    await this.#fetch('checkpoint', { method: 'POST', body: writeCheckpoint(checkpoint) });
  }

  /** @param raw those of the last step, where `bytes` is an average */
  async saveWeights(bytes: Uint8Array<ArrayBuffer>, raw?: Uint8Array<ArrayBuffer>): Promise<void> {
    if (raw) await this.#fetch('weights-raw', { method: 'POST', body: raw });
    await this.#fetch('weights', { method: 'POST', body: bytes });
  }

  async #bytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await this.#fetch(name)).arrayBuffer());
  }

  #answer(name: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`/run/${name}`, { ...init, headers: { 'x-run-token': this.#token } });
  }

  async #fetch(name: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.#answer(name, init);
    if (response.ok) return response;
    throw new EngineError(`/run/${name}`, await response.text(), `status ${response.status}`);
  }
}
