/** Milliseconds between two signs of life. */
const PAUSE = 5000;

/** Tells Node now and then that the page gets on; where it has a GPU, that this does, too. */
export class Alive {
  #queue: GPUQueue | undefined;
  #told = 0;

  constructor() {
    setInterval(() => this.#ask(), PAUSE);
  }

  /** From now on this one must get on: it is asked after each submit, as a step may take many, and long. */
  watch(queue: GPUQueue): void {
    this.#queue = queue;
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      submit(commands);
      this.#ask();
    };
  }

  #ask(): void {
    if (!this.#queue) this.#tell();
    else
      this.#queue.onSubmittedWorkDone().then(
        () => this.#tell(),
        () => undefined,
      );
  }

  #tell(): void {
    if (performance.now() - this.#told < PAUSE / 2) return;
    this.#told = performance.now();
    void window.reportEvent?.({ kind: 'alive' });
  }
}
