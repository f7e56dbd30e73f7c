import { AbortError, EngineError } from '../core/errors';
import { diagnose, type DiagnoseProgress } from '../doctor/diagnose';
import { diagnosisText } from '../doctor/text';
import { openEngine } from '../gpu/engine';

export interface Checked {
  readonly ok: boolean;
  readonly text: string;
}

const ABOUT =
  'Runs every kernel and a small network, forward and backward, and compares the numbers: some seconds on a GPU, about ' +
  'a minute where the CPU computes. What it finds is text to paste into a bug report.';

/** The part of a page that checks the GPU: a button, how far it is, and the text with a button that copies it. */
export class DoctorPanel {
  readonly #button = button('Check this GPU');
  readonly #copy = button('Copy the text');
  readonly #progress = document.createElement('progress');
  readonly #status = document.createElement('p');
  readonly #text = document.createElement('pre');
  readonly #examine: typeof diagnose;
  #stop: AbortController | undefined;

  /** @param examine for tests: all checks take long where the CPU computes */
  constructor(section: HTMLElement, examine = diagnose) {
    this.#examine = examine;
    const title = document.createElement('h2');
    title.textContent = 'Check this GPU';
    const about = document.createElement('p');
    about.className = 'note';
    about.textContent = ABOUT;
    const bar = document.createElement('div');
    bar.className = 'bar';
    bar.append(this.#button, this.#progress);
    this.#progress.setAttribute('aria-label', 'checks');
    this.#progress.hidden = true;
    this.#status.setAttribute('role', 'status');
    // It scrolls, so the keyboard must reach it.
    this.#text.tabIndex = 0;
    this.#text.setAttribute('role', 'group');
    this.#text.setAttribute('aria-label', 'what was found');
    this.#show(undefined);
    section.append(title, about, bar, this.#status, this.#text, this.#copy);
    this.#button.addEventListener('click', () => {
      if (this.#stop) this.#stop.abort();
      else void this.check().catch(() => undefined); // It has shown what is wrong.
    });
    this.#copy.addEventListener('click', () => void this.#copyText());
  }

  /**
   * Checks the GPU on a device of its own, so that nothing else on the page is disturbed.
   * @param only the checks of one op
   * @throws what stopped it; the panel says so too
   */
  async check(onProgress?: (progress: DiagnoseProgress) => void, only?: string): Promise<Checked> {
    const stop = new AbortController();
    this.#stop = stop;
    this.#button.textContent = 'Stop the check';
    this.#show(undefined);
    this.#status.setAttribute('role', 'status');
    this.#status.textContent = 'Opening the GPU …';
    this.#progress.hidden = false;
    try {
      const engine = await openEngine();
      try {
        const diagnosis = await this.#examine(engine, {
          signal: stop.signal,
          ...(only !== undefined && { only }),
          onProgress: (progress) => {
            this.#advance(progress);
            onProgress?.(progress);
          },
        });
        const text = diagnosisText(diagnosis);
        this.#status.textContent = diagnosis.ok
          ? `This GPU computes what it should${only === undefined ? '' : ` in ${only}`}.`
          : 'This GPU does not compute what it should: please report it, with the text below.';
        this.#show(text);
        return { ok: diagnosis.ok, text };
      } finally {
        engine.destroy();
      }
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#stop = undefined;
      this.#button.textContent = 'Check this GPU';
      this.#progress.hidden = true;
    }
  }

  #advance({ done, count, next }: DiagnoseProgress): void {
    this.#progress.max = count;
    this.#progress.value = done;
    this.#status.textContent = `${done} of ${count}; next: ${next}`;
  }

  #fail(error: unknown): void {
    if (error instanceof AbortError) {
      this.#status.textContent = 'Stopped by you.';
      return;
    }
    this.#status.setAttribute('role', 'alert');
    this.#status.textContent = error instanceof EngineError ? error.message : String(error);
  }

  #show(text: string | undefined): void {
    this.#text.textContent = text ?? '';
    this.#text.hidden = text === undefined;
    this.#copy.hidden = text === undefined;
  }

  async #copyText(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#text.textContent);
      this.#status.textContent = 'Copied.';
    } catch {
      // Not every page may write there.
      getSelection()?.selectAllChildren(this.#text);
      this.#status.textContent = 'The text is selected: copy it with the keyboard.';
    }
  }
}

function button(text: string): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'plain';
  made.textContent = text;
  return made;
}
