// Pictures that are classified on a host: a page, or Dawn in this process.
import type { Answer, ClassifyEvent, ExplainWishes, Explanation } from '../../app/events';
import type { ClassifyPageOptions } from '../../app/classify_main';
import type { CropCount } from '../../data/evaluation_crops';
import { Hosts } from '../hosts';
import { onInterrupt } from '../interrupt';
import { startProgress, type Progress } from '../progress';
import type { Work } from '../work_page';
import type { Model } from './model';

const WORK: Work = { doing: 'classifying', advice: 'give fewer pictures at once' };

export interface ClassifyJob {
  readonly model: Model;
  /** The class of each picture; -1 where nobody knows it. */
  readonly labels: readonly number[];
  /** Likeliest classes that are told of each. */
  readonly top: number;
  /** Parts of each whose mean counts. */
  readonly crops: CropCount;
  /** Explains the first picture instead. */
  readonly explain?: ExplainWishes | undefined;
  readonly onExplained?: (explanation: Explanation) => void;
  /** The file of a picture. */
  readonly bytes: (index: number) => Promise<Uint8Array<ArrayBuffer>>;
  readonly host?: 'chrome' | 'node' | undefined;
  readonly browser?: string | undefined;
  readonly quiet: boolean;
  /** Pictures that come together, in their order. */
  readonly onAnswers: (answers: readonly Answer[]) => void;
}

/** What is known at the end. */
export interface Classified {
  readonly adapter: string;
  /** Whether Ctrl-C came before the end. */
  readonly stopped: boolean;
}

/** Classifies pictures; tells how far it is on standard error. */
export async function classifyPictures(job: ClassifyJob): Promise<Classified> {
  const { model, labels, top, crops, explain, bytes, host, browser, quiet, onAnswers } = job;
  const start = performance.now();
  const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  const options: ClassifyPageOptions = { labels, top, crops, explain };
  const hosts = new Hosts(
    { host, browser, headed: false },
    {
      served: {
        page: 'classify.html',
        options,
        pictures: { bytes },
        given: { weights: () => model.bytes },
        taken: {},
      },
      work: WORK,
      inNode: (dawn) =>
        import('./node_host').then(({ openClassifyingHost }) => openClassifyingHost(job, dawn)),
    },
    say,
  );
  let stopped = false;
  const forget = onInterrupt(
    () => {
      stopped = true;
      void hosts.opening?.then((opened) => opened.stop()).catch(() => undefined);
    },
    () => process.exit(130),
  );
  let progress: Progress | undefined;
  const show = (phase: string, done: number, count: number): void => {
    progress ??= startProgress(phase, count, process.stderr);
    progress.update({ done, count, details: '' });
  };
  let [done, adapter] = [0, ''];
  try {
    const opened = await hosts.open();
    const opening = performance.now();
    await opened.work(hosts.url, (event: ClassifyEvent) => {
      if (event.kind === 'opened') {
        adapter = event.adapter;
        // Ctrl-C came before the page could hear of it.
        if (stopped) opened.stop().catch(() => undefined);
        const { device, weights, compile } = event.seconds;
        if (quiet) return;
        const parts = [
          `host ${((opening - start) / 1000).toFixed(1)} s`,
          `adapter ${device.toFixed(1)} s`,
          `weights ${weights.toFixed(1)} s`,
          `kernels ${compile.toFixed(1)} s`,
        ];
        say(`adapter ${adapter}, ${opened.version}; ready after ${parts.join(', ')}`);
        return;
      }
      if (event.kind === 'explained') {
        job.onExplained?.(event.explanation);
        return;
      }
      if (event.kind === 'smoothed') {
        if (!quiet) show('smoothing the gradient', event.done, event.count);
        return;
      }
      done += event.answers.length;
      onAnswers(event.answers);
      if (!quiet && labels.length >= 64) show('classifying', done, labels.length);
    });
    return { adapter, stopped };
  } finally {
    progress?.end();
    await hosts.close();
    forget();
    // Dawn keeps the process alive, whose exit code is set by whoever called this.
    if (hosts.kind === 'node') setImmediate(() => process.stdout.write('', () => process.exit()));
  }
}
