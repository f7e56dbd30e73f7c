// A run that goes on from its last checkpoint.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shown } from '../core/check';
import { ValueError } from '../core/errors';
import type { RunSettings, Wishes } from '../train/presets';
import { scheduleOf } from '../train/recipes';
import { readSettings } from '../train/stored_settings';
import type { CheckpointStore } from '../io/checkpoint_store';
import { openCheckpoints } from './checkpoints';
import type { PicturesPlace } from './pictures';
import { CHECKPOINTS, RunFolder } from './run_folder';

export interface Resumed {
  readonly folder: RunFolder;
  readonly checkpoints: CheckpointStore;
  /** Steps done. */
  readonly step: number;
  /** Where its pictures lie, where it does not learn digits. */
  readonly pictures: PicturesPlace | undefined;
  /** What there is to say of it, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @param path the folder of a run
 * @param wishes what was asked for beside it: it must be what the run was begun with
 * @throws {ValueError} if there is no checkpoint, or it is of other settings; {FormatError} if none is whole
 */
export async function resumeRun(path: string, wishes: Partial<Wishes>): Promise<Resumed> {
  const advice = 'name the folder of a run that wrote one';
  if (!existsSync(join(path, CHECKPOINTS)))
    throw new ValueError('--resume', 'holds no checkpoint', path, advice);
  const folder = RunFolder.again(path);
  const checkpoints = await openCheckpoints(join(path, CHECKPOINTS));
  const latest = await checkpoints.latest();
  if (!latest) throw new ValueError('--resume', 'holds no checkpoint', path, advice);
  const settings = readSettings(latest.checkpoint);
  for (const [name, wish] of Object.entries(wishes)) {
    // A kernel may turn out to be wrong in the middle of a run, and its end to be too early.
    if (name === 'exclude' || name === 'steps' || name === 'epochs') continue;
    const begun = settings[name as Exclude<keyof Wishes, 'epochs'>];
    if (JSON.stringify(wish) === JSON.stringify(begun) || wish === 'auto') continue;
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const problem = `the run was begun ${begun === undefined ? 'without' : `with ${shown(begun)}`}`;
    throw new ValueError(option, problem, shown(wish), 'leave it out, or begin a new run');
  }
  const { step } = latest.checkpoint;
  const { steps = settings.steps } = wishes;
  if (steps < step) {
    const problem = `the run has done ${step} already`;
    throw new ValueError('--steps', problem, `${steps}`, 'give more, or leave it out');
  }
  const pictures = placeIn(folder);
  if (settings.augment !== undefined && !pictures) {
    const lost = join(path, 'settings.json');
    throw new ValueError('--resume', 'does not say where its pictures lie', lost, 'begin a new run');
  }
  return {
    folder,
    checkpoints,
    step,
    pictures,
    notes: [
      ...latest.skipped.map(({ reason }) => `passed over: ${reason}`),
      step < steps
        ? `goes on from step ${step} of ${steps}`
        : `has done its ${steps} steps and is only measured again; --steps makes it longer`,
      ...(steps === settings.steps ? [] : [rateNote({ ...settings, steps }, step)]),
    ],
  };
}

function placeIn(folder: RunFolder): PicturesPlace | undefined {
  return (JSON.parse(folder.read('settings.json') ?? '{}') as { pictures?: PicturesPlace }).pictures;
}

/** How the rate goes on in a run of another length than it was begun with. */
function rateNote(settings: RunSettings, done: number): string {
  const { steps, decay, every } = settings;
  const next = Number(scheduleOf(settings)(done).toPrecision(3));
  const end =
    decay === 'none'
      ? 'and stays'
      : decay === 'step'
        ? `and falls every ${every} steps`
        : `and falls to 0 at step ${steps} (decay: ${decay})`;
  return `the learning rate goes on as in a run of ${steps} steps: it is ${next} at step ${done + 1}, ${end}`;
}
