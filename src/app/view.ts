import { formatBytes } from '../graph/memory/format';
import { LossChart } from './chart';
import {
  handle,
  type Evaluation,
  type Fault,
  type Judged,
  type Ready,
  type StepRecord,
  type TrainingEvent,
} from './events';
import {
  formatAccuracy,
  formatDuration,
  formatSpeed,
  formatWidth,
  inParts,
  learnt,
  whichShown,
} from './format';
import { LossHistory } from './history';
import { calibrationTable, classTable, confusions, pictureGrid } from './results';

/** Milliseconds between two drawings: the adapter may be the CPU that draws, too. */
const PAUSE = 250;

/** What the page shows. */
export class View {
  readonly #history = new LossHistory();
  #ready: Ready | undefined;
  #chart: LossChart | undefined;
  #last: StepRecord | undefined;
  #drawn = 0;
  #what = 'pictures';

  /** @param stop called once, by the button */
  constructor(stop: () => void) {
    const button = byId('stop') as HTMLButtonElement;
    button.addEventListener('click', stop);
    button.focus();
  }

  show(event: TrainingEvent): void {
    handle<TrainingEvent>(event, {
      tuning: () => this.status('Timing kernels …'),
      compiling: ({ done, total, seconds }) => {
        this.#progress(done, total);
        this.status(`Compiling kernels: ${done} of ${total}, ${formatDuration(seconds)} …`);
      },
      ready: ({ ready }) => this.#start(ready),
      step: ({ record }) => this.#step(record),
      notice: ({ text }) => this.status(`Training; ${text}`),
      // The command line names it.
      unusable: () => undefined,
      fed: () => undefined,
      judged: ({ judged }) => this.#judged(judged),
      stopping: () => this.status('Stopped. Classifying some held-out pictures …'),
      weights: () => {
        this.#draw();
        this.status('Trained. Classifying held-out pictures …');
      },
      classified: ({ done, count }) => this.#progress(done, count),
      memory: ({ memory }) => (byId('memory').textContent = formatBytes(memory.total)),
      // The command line shows them.
      batch: () => undefined,
      profile: () => undefined,
      evaluated: ({ evaluation }) => this.#results(evaluation),
    });
  }

  #judged({ step, accuracy }: Judged): void {
    byId('held-out').textContent = `${(100 * accuracy).toFixed(1)} % at step ${step}`;
    byId('held-out-tile').hidden = false;
  }

  status(text: string): void {
    byId('status').textContent = text;
  }

  /** No more can be stopped. */
  stopping(): void {
    const button = byId('stop') as HTMLButtonElement;
    button.disabled = true;
    this.status('Stopping after the step under way …');
  }

  done(text: string): void {
    byId('stop').hidden = true;
    this.status(text);
  }

  /** Says that the run did not begin with this page. @param step undefined before its first checkpoint */
  wentOn(step: number | undefined, reloaded: boolean): void {
    const line = byId('went-on');
    line.hidden = false;
    const what = reloaded ? 'The page was reloaded' : 'This is a new page of a run that began earlier';
    line.textContent =
      step === undefined
        ? `${what} before the run's first checkpoint: the run begins anew.`
        : `${what}: the run goes on from its checkpoint after step ${step}, and so do the curves.`;
  }

  /** What to do is said at the command line, by options that a page does not have. */
  failed({ where, problem, got }: Fault): void {
    byId('stop').hidden = true;
    const status = byId('status');
    status.setAttribute('role', 'alert');
    const what = [problem, got && `got ${got}`].filter(Boolean).join('; ');
    status.textContent = `${where}: ${what}. The terminal in which npm start was typed says what to do.`;
  }

  #start(ready: Ready): void {
    this.#ready = ready;
    const { adapter, because, settings, parameters, data } = ready;
    this.#what = learnt(data);
    byId('title').textContent = `Inception v1 learns ${this.#what}`;
    const { preset, size, width, batch, optimizer, rate } = settings;
    byId('facts').textContent =
      `Adapter: ${adapter}. Preset ${preset}: images of ${size} x ${size}, ` +
      `width ${formatWidth(width)} (${parameters.toLocaleString('en')} parameters), batch ${batch}${inParts(settings)}, ` +
      `${optimizer} at rate ${rate}.`;
    if (because !== undefined) {
      // Without the option in brackets, which is for the command line.
      byId('because').textContent = because.replace(/ \(--[^)]*\)/, '');
      byId('because').hidden = false;
    }
    this.#chart = new LossChart(byId('curves'), this.#history, settings.steps);
    this.status('Training …');
  }

  #step(record: StepRecord): void {
    this.#history.add(record);
    this.#last = record;
    if (performance.now() - this.#drawn > PAUSE) this.#draw();
  }

  #draw(): void {
    if (!this.#ready) return;
    const { steps, batch } = this.#ready.settings;
    const { done, raw, seconds, secondsPerStep } = this.#history;
    this.#progress(done, steps);
    byId('step').textContent = `${done} of ${steps}`;
    byId('loss').textContent = (raw.main.at(-1) ?? NaN).toFixed(3);
    byId('smooth').textContent = this.#history.loss('main').toFixed(3);
    byId('rate').textContent = shortNumber(this.#last?.rate);
    byId('norm').textContent = shortNumber(this.#last?.gradientNorm);
    byId('elapsed').textContent = formatDuration(seconds);
    byId('speed').textContent = formatSpeed(batch / secondsPerStep);
    byId('left').textContent = formatDuration((steps - done) * secondsPerStep);
    this.#chart?.draw();
    this.#drawn = performance.now();
  }

  #progress(done: number, count: number): void {
    const bar = byId('progress') as HTMLProgressElement;
    bar.value = done / count;
    bar.textContent = `${done} of ${count}`;
    document.title = `${Math.floor((100 * done) / count)} % – Inception v1 learns ${this.#what}`;
  }

  #results(evaluation: Evaluation): void {
    const results = byId('results');
    results.hidden = false;
    byId('accuracy').textContent = `${formatAccuracy(evaluation)} right`;
    byId('which').textContent = whichShown(evaluation);
    pictureGrid(results, evaluation);
    confusions(results, evaluation);
    classTable(results, evaluation);
    calibrationTable(results, evaluation);
  }
}

const shortNumber = (value = NaN): string => `${Number(value.toPrecision(3))}`;

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`page: has no element called ${id}`);
  return element;
}
