import { formatAccuracy, formatDuration } from '../app/format';
import { LossHistory } from '../app/history';
import { historyOf } from '../app/report_data';
import { formatEstimate } from '../graph/memory/describe';
import {
  handle,
  type Evaluation,
  type Judged,
  type Memory,
  type PageEvent,
  type Painted,
  type ProfiledWork,
  type Ready,
  type StepRecord,
} from '../app/events';
import { traceFile } from '../io/trace';
import type { Profile } from '../runtime/profile';
import { readSafetensors } from '../io/safetensors';
import { printed } from '../text/table';
import { describeFeeding } from './feeding';
import { JudgedLog } from './judged_log';
import { pngOf } from './png';
import { profileText } from './profile_table';
import type { PicturesPlace } from './pictures';
import { NO_PROGRESS, speedDetails, startProgress, type Progress } from './progress';
import { describeReady } from './ready_text';
import type { RunFolder } from './run_folder';
import { readLog } from './run_log';
import { VERSION } from './version';
import { Writing } from './writing';

export interface RecorderOptions {
  /** Without progress. */
  readonly quiet?: boolean;
  /** Where the pictures lie, if they are somebody's own. */
  readonly pictures?: PicturesPlace | undefined;
  /** The file of one of them. */
  readonly fileOf?: ((index: number) => string) | undefined;
}

/** Takes what the page tells: shows it, and keeps it in the run's folder. */
export class Recorder {
  #history = new LossHistory();
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  readonly #pictures: PicturesPlace | undefined;
  readonly #fileOf: (index: number) => string;
  /** Pictures of which it was said that they cannot be decoded; a page that goes on finds them again. */
  readonly #named = new Set<number>();
  #started = new Date();
  #memory: Memory | undefined;
  #ready: Ready | undefined;
  #evaluation: Evaluation | undefined;
  readonly #judged: JudgedLog;
  #progress: Progress | undefined;
  #phase = { start: 0, done: 0 };
  #weightsKept = false;
  readonly writing = new Writing((sentence) => this.say(sentence));
  readonly #profiles: Partial<Record<ProfiledWork, Profile>> = {};

  constructor(
    readonly folder: RunFolder,
    readonly browser: string,
    stream: NodeJS.WriteStream,
    { quiet = false, pictures, fileOf = (index) => `picture ${index}` }: RecorderOptions = {},
  ) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#pictures = pictures;
    this.#fileOf = fileOf;
    this.#judged = new JudgedLog(folder, this.writing);
  }

  get history(): LossHistory {
    return this.#history;
  }

  get ready(): Ready | undefined {
    return this.#ready;
  }

  get evaluation(): Evaluation | undefined {
    return this.#evaluation;
  }

  /** What held-out pictures said while it trained. */
  get judged(): readonly Judged[] {
    return this.#judged.all;
  }

  /** What training takes on the GPU. */
  get memory(): Memory | undefined {
    return this.#memory;
  }

  get started(): Date {
    return this.#started;
  }

  /** Takes up a run after so many steps: what the log has of later ones is dropped, as they come again. */
  goOnFrom(step: number): void {
    const kept = readLog(this.folder.logged, step);
    const text = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
    void this.writing.keep('log.jsonl', () => void (this.folder.logged = text));
    this.#history = historyOf(kept);
    this.#judged.goOnFrom(step);
    const { started } = JSON.parse(this.folder.read('settings.json') ?? '{}') as { started?: string };
    if (started !== undefined) this.#started = new Date(started);
  }

  onEvent(event: PageEvent): void {
    handle<PageEvent>(event, {
      tuning: ({ budget }) =>
        this.say(`timing kernels on this adapter, ${budget} s at most; --no-tune skips it`),
      memory: ({ memory }) => this.#needs(memory),
      compiling: ({ done, total, seconds }) => this.#compiling(done, total, seconds),
      ready: ({ ready }) => this.#start(ready),
      batch: ({ count, view }) => this.#batch(count, view),
      step: ({ record }) => this.#step(record),
      profile: ({ of, profile }) => {
        this.#profiles[of] = profile;
        void this.writing.keep('trace.json', () =>
          this.folder.write('trace.json', traceFile(this.#profiles)),
        );
      },
      notice: ({ text }) => this.say(text),
      judged: ({ judged }) => this.#judge(judged),
      unusable: (event) => this.#unusable(event),
      fed: ({ feeding, seconds }) => this.say(describeFeeding(feeding, seconds)),
      stopping: () => this.endProgress(),
      classified: ({ done, count }) => this.#classified(done, count),
      evaluated: ({ evaluation }) => {
        this.#evaluation = evaluation;
        this.endProgress();
      },
    });
  }

  /** @throws {FormatError} if what came is not a whole safetensors file */
  async onWeights(bytes: Uint8Array, raw = false): Promise<void> {
    readSafetensors(bytes, 'weights from the page');
    const name = raw ? 'weights-raw.safetensors' : 'weights.safetensors';
    await this.writing.keep(name, () => {
      this.folder.write(name, bytes);
      this.#weightsKept ||= !raw;
    });
  }

  say(sentence: string): void {
    this.endProgress();
    this.#stream.write(`${sentence}\n`);
  }

  endProgress(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }

  /** What the folder holds by now, in words; empty where there is nothing. */
  get kept(): string {
    const steps = this.history.done;
    if (steps === 0 || this.writing.lacks('log.jsonl')) return '';
    const count = `${steps} ${steps === 1 ? 'step' : 'steps'}`;
    const what = this.#weightsKept ? `weights and log of ${count} are` : `the log of ${count} is`;
    return `${what} kept in ${this.folder.path}`;
  }

  /** The settings once more, now with what came out. */
  finish(seconds: number): void {
    this.#writeSettings({
      steps: this.history.done,
      trainingSeconds: this.history.seconds,
      seconds,
      ...(this.#evaluation && { correct: this.#evaluation.correct, classified: this.#evaluation.count }),
    });
  }

  /** Tables of what was profiled; empty where nothing was. */
  get profiles(): string {
    const found = Object.entries(this.#profiles);
    return found.map(([name, profile]) => `Profile: ${name}\n${printed(profileText(profile))}\n`).join('\n');
  }

  /** The sentence that ends a run. */
  lastLine(seconds: number): string {
    const { done } = this.history;
    const wanted = this.#ready?.settings.steps ?? done;
    const steps = done < wanted ? `stopped after ${done} of ${wanted} steps` : `${done} steps`;
    const accuracy = this.#evaluation ? formatAccuracy(this.#evaluation) : 'not measured';
    return `held-out accuracy ${accuracy}, adapter ${this.#ready?.adapter}, ${steps}, ${formatDuration(seconds)}`;
  }

  #needs(memory: Memory): void {
    // A page begins, perhaps not the first: one in another browser, or reloaded, needs the same.
    this.endProgress();
    if (this.#memory) return;
    this.#memory = memory;
    this.say(`training takes ${formatEstimate(memory)}`);
  }

  #compiling(done: number, count: number, seconds: number): void {
    this.#progress ??= this.#begin('compiling kernels', count);
    this.#progress.update({ done, count, details: formatDuration(seconds) });
  }

  #start(ready: Ready): void {
    this.endProgress();
    const again = this.#ready !== undefined;
    this.#ready = ready;
    if (again) return;
    for (const sentence of describeReady(ready, this.browser)) this.say(sentence);
    this.#writeSettings();
  }

  #step({ step, rate, total, losses, seconds }: StepRecord): void {
    // The page went back to a checkpoint.
    if (step <= this.history.done) this.goOnFrom(step - 1);
    // Another attempt brings what is left, not the line again.
    const lines = [{ step, rate, total, ...losses, seconds }];
    void this.writing.keep('log.jsonl', () => this.folder.log(lines.pop()));
    this.history.add({ step, rate, losses, seconds });
    if (!this.#ready) return;
    const { settings } = this.#ready;
    if (step === 1) this.say(`first step done after ${formatDuration(this.#ready.seconds + seconds)}`);
    this.#progress ??= this.#begin('training', settings.steps);
    const { secondsPerStep } = this.history;
    this.#progress.update({
      done: step,
      count: settings.steps,
      details:
        `loss ${this.history.loss('main').toFixed(3)}, ` +
        speedDetails(settings.batch / secondsPerStep, (settings.steps - step) * secondsPerStep),
    });
    if (step === settings.steps) this.endProgress();
  }

  #batch(count: number, view: Painted): void {
    void this.writing.keep('batch.png', () => this.folder.write('batch.png', pngOf(view)));
    this.say(`${this.folder.path}/batch.png shows the first ${count} images as the network sees them`);
  }

  #begin(phase: string, count: number): Progress {
    return this.#quiet ? NO_PROGRESS : startProgress(phase, count, this.#stream);
  }

  #judge(judged: Judged): void {
    this.#judged.add(judged);
    if (!this.#quiet)
      this.say(`held-out accuracy ${(100 * judged.accuracy).toFixed(1)} % after step ${judged.step}`);
  }

  #classified(done: number, count: number): void {
    const now = performance.now();
    if (!this.#progress) {
      this.#progress = this.#begin('classifying', count);
      // The first batch compiles, and has no beginning that could be timed.
      this.#phase = { start: now, done };
      return;
    }
    const speed = (1000 * (done - this.#phase.done)) / (now - this.#phase.start);
    this.#progress.update({ done, count, details: speedDetails(speed, (count - done) / speed) });
  }

  #unusable({ index, reason, instead }: Extract<PageEvent, { kind: 'unusable' }>): void {
    if (this.#named.has(index)) return;
    this.#named.add(index);
    const effect = instead ? 'another picture of its class takes its place' : 'it judges nothing';
    this.say(`${this.#fileOf(index)}: ${reason}; ${effect}`);
  }

  #writeSettings(result?: Readonly<Record<string, number>>): void {
    const ready = this.#ready;
    if (!ready) return;
    const { settings, adapter, software, kernels, parameters, pipelines } = ready;
    const all = {
      engine: `inception-webgpu ${VERSION}`,
      started: this.#started.toISOString(),
      browser: this.browser,
      adapter,
      software,
      kernels,
      parameters,
      pipelines,
      pictures: this.#pictures,
      memory: this.#memory && { ...this.#memory.bytes, total: this.#memory.total },
      settings,
      result,
    };
    void this.writing.keep('settings.json', () =>
      this.folder.write('settings.json', `${JSON.stringify(all, undefined, 2)}\n`),
    );
  }
}
