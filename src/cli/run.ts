import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../core/errors';
import { DIGIT_CLASSES } from '../io/digits';
import { requireBrowserFile } from './browser';
import { trainInBrowsers } from './browsers';
import { openCheckpoints } from './checkpoints';
import { ChoiceFile } from './choice_file';
import { readDigitSet } from './digit_files';
import { requireVariables, startFrom } from './fine_tune';
import { Hosts } from './hosts';
import { onInterrupt } from './interrupt';
import { describePictures, openPictures } from './pictures';
import { resultOf } from './result';
import type { Options } from './options_type';
import { Recorder } from './recorder';
import { bundleReport, report } from './report';
import { keepRates, rateNote } from './rates';
import { resumeRun } from './resume';
import { OutputError } from './output_error';
import { trainingPage, type HostOptions } from './page_server';
import { CHECKPOINTS, RunFolder } from './run_folder';
import { resumeCommand } from './shell';
import { VERSION } from './version';
import { TRAINING } from './work_page';

const STOPPED = 130;
/** Share of the time in which held-out pictures judge a run, where nobody says: of own pictures, or to end early. */
const JUDGE = 0.05;

/** What Ctrl-C has to deal with, as far as it is there. */
interface State {
  hosts?: Hosts;
  recorder?: Recorder;
  /** Set while nothing is left to do but to look. */
  finish?: () => void;
  /** Ctrl-C came. */
  readonly stop: AbortController;
  /** The process is about to end; nothing more is to be said. */
  left: boolean;
}

/** Trains on digits as the options say, tells of it on standard output, and gives the exit code. */
export async function run({
  wishes: wished,
  out,
  overwrite = false,
  browser,
  host,
  headed,
  profile,
  tune,
  memory,
  checkpointEvery,
  findRate,
  dumpBatch,
  resume,
  pictures,
  cache,
  judging,
  json,
  quiet,
}: Options): Promise<number> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  requireBrowserFile(browser);
  // With --json, what is for people goes beside what is for programs.
  const stream = json ? process.stderr : process.stdout;
  const resumed = resume && (await resumeRun(resume.folder, resume.wishes));
  requireVariables(wished);
  const place = resumed
    ? resumed.pictures
    : pictures !== undefined && { path: pictures, heldOut: wished.heldOut, seed: wished.seed };
  const own = place ? await openPictures(place, quiet ? undefined : stream) : undefined;
  if (!own) readDigitSet('test');
  const digits = Array.from({ length: DIGIT_CLASSES }, (_, digit) => `${digit}`);
  const begun =
    wished.from === undefined ? undefined : startFrom(wished.from, own?.set.classes ?? digits, wished);
  const wishes = { ...wished, ...begun?.wishes };
  const folder = resumed?.folder ?? RunFolder.open(out, { overwrite });
  const checkpoints = resumed?.checkpoints ?? (await openCheckpoints(join(folder.path, CHECKPOINTS)));

  const state: State = { stop: new AbortController(), left: false };
  const leave = (sentence: string): void => {
    state.left = true;
    state.recorder?.endProgress();
    folder.close();
    stream.write(`${sentence}\n`);
    // A browser that closes removes its temporary files; one that does not soon ends with the process.
    const patience = new Promise((resolve) => setTimeout(resolve, 1000));
    void Promise.race([state.hosts?.opening?.then((page) => page.close()), patience]).finally(() =>
      process.exit(STOPPED),
    );
  };
  const forget = onInterrupt(
    () => interrupt(state, leave),
    () => leave(`ended at once; ${state.recorder?.kept || 'nothing was learnt'}`),
  );

  try {
    const bundling = bundleReport();
    bundling.catch(() => undefined); // Waited for below, once there is a host to close.
    const endsEarly = (judging.until ?? judging.patience) !== undefined;
    const given: HostOptions = {
      options: {
        ...{ wishes, version: VERSION, profile, tune, memory, checkpointEvery, findRate, dumpBatch },
        judging: { ...judging, share: judging.share ?? (own || endsEarly ? JUDGE : 0) },
        ...(own && { pictures: { ...own.numbered, cache } }),
      },
      pictures: own,
      initial: begun?.bytes,
      choices: new ChoiceFile(),
      checkpoints: {
        latest: () => checkpoints.latest(),
        saveFile: async (step, bytes) =>
          state.recorder?.writing.keep('checkpoint', async () => {
            // Somebody may have removed the folder.
            mkdirSync(checkpoints.path, { recursive: true });
            await checkpoints.saveFile(step, bytes);
          }),
      },
      onWeights: (bytes, raw) => state.recorder?.onWeights(bytes, raw),
    };
    const hosts = new Hosts(
      { host, browser, headed },
      {
        served: trainingPage(given),
        work: TRAINING,
        // It brings the engine, which a browser gets in another way.
        inNode: (dawn) => import('./node_host').then(({ openNodeHost }) => openNodeHost(given, dawn)),
      },
      (sentence) => void stream.write(`${sentence}\n`),
    );
    state.hosts = hosts;
    const first = await hosts.open();
    const script = await bundling;
    if (state.left) return STOPPED;
    if (overwrite && !resumed) {
      folder.clear();
      await checkpoints.clear();
    }
    const recorder = new Recorder(folder, first.version, stream, {
      ...{ quiet, pictures: own?.place },
      fileOf: own && ((index) => own.set.pictures[index]?.file ?? `picture ${index}`),
    });
    state.recorder = recorder;
    if (hosts.kind === 'node') recorder.say(`host: ${first.version}`);
    const what = own ? `the pictures of ${own.place.path}` : 'handwritten digits';
    recorder.say(`inception-webgpu ${VERSION} learns ${what}; results go to ${folder.path}`);
    for (const note of own ? describePictures(own) : []) recorder.say(note);
    for (const note of resumed?.notes ?? []) recorder.say(note);
    if (begun) recorder.say(begun.note);
    if (own && resumed?.pictures && resumed.pictures.digest !== own.place.digest)
      recorder.say(
        'the pictures are not those that the run began with: it goes on with those that are there now',
      );
    if (resumed) recorder.goOnFrom(resumed.step);
    const page = await trainInBrowsers({
      first,
      open: () => hosts.open(),
      url: hosts.url,
      recorder,
      checkpoints,
      signal: state.stop.signal,
    });
    const interrupted = state.stop.signal.aborted;
    const goOn = `to go on: ${resumeCommand(folder.path)}`;

    if (!page) {
      await recorder.writing.keepRest();
      // What was learnt is in the checkpoint: there is no page that could judge it.
      recorder.say([recorder.kept, (await checkpoints.latest()) && goOn].filter(Boolean).join('; '));
      return STOPPED;
    }
    if (!recorder.ready) {
      recorder.say('stopped before the first step; nothing was learnt');
      return STOPPED;
    }
    if (findRate) {
      const rate = await keepRates(recorder);
      requireKept(await recorder.writing.keepRest(), folder, undefined);
      recorder.say(`picture: ${folder.path}/rates.svg`);
      recorder.say(rateNote(rate));
      if (json)
        console.log(JSON.stringify({ rate: rate ?? null, steps: recorder.history.done, run: folder.path }));
      return interrupted ? STOPPED : 0;
    }
    await recorder.writing.keep('report.html', () => folder.write('report.html', report(recorder, script)));
    recorder.finish(seconds());
    const latest = await checkpoints.latest().catch(() => undefined);
    requireKept(await recorder.writing.keepRest(), folder, latest?.file.path);
    if (profile && recorder.profiles) {
      recorder.say(`\n${recorder.profiles}`);
      recorder.say(`trace: ${folder.path}/trace.json (for ui.perfetto.dev or chrome://tracing)`);
    }
    recorder.say(`report: ${folder.path}/report.html`);
    if (headed && !interrupted) recorder.say('The window stays open; close it or press Ctrl-C.');
    if (interrupted) recorder.say(goOn);
    recorder.say(recorder.lastLine(seconds()));
    if (json) console.log(JSON.stringify({ ...resultOf(recorder), run: folder.path }));
    if (headed && !interrupted) {
      await Promise.race([page.closed(), new Promise<void>((resolve) => (state.finish = resolve))]);
    }
    return interrupted ? STOPPED : 0;
  } catch (error) {
    if (state.left) return STOPPED;
    state.recorder?.endProgress();
    await state.recorder?.writing.keepRest();
    console.error(error instanceof EngineError ? error.message : error);
    if (state.recorder?.kept) console.error(state.recorder.kept);
    return 1;
  } finally {
    await state.hosts?.close();
    folder.close();
    forget();
    // Dawn keeps the process alive, whose exit code is set by whoever called this.
    if (state.hosts?.kind === 'node') setImmediate(() => process.stdout.write('', () => process.exit()));
  }
}

/** @throws {OutputError} if there is something that could not be written to the end */
function requireKept(missing: readonly string[], { path }: RunFolder, checkpoint: string | undefined): void {
  if (missing.length === 0) return;
  const advice = checkpoint
    ? `the checkpoint ${checkpoint} stays; make room, then ${resumeCommand(path)}`
    : 'make room, and start again';
  throw new OutputError(path, 'not all could be written', `nothing of ${missing.join(', ')}`, advice);
}

function interrupt(state: State, leave: (sentence: string) => void): void {
  const { hosts, recorder, finish, stop } = state;
  if (finish) {
    finish();
    return;
  }
  // Nothing has been learnt yet, so there is nothing to wait for.
  if (!recorder?.ready) {
    leave('stopped before the first step; nothing was learnt');
    return;
  }
  recorder.say('Stopping after the step under way; Ctrl-C again ends at once.');
  stop.abort();
  // A page that cannot hear it any more is lost, and no other follows.
  hosts?.opening?.then((host) => host.stop()).catch(() => undefined);
}
