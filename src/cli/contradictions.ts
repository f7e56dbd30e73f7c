import { ValueError } from '../core/errors';
import type { Wishes } from '../train/presets';
import type { Options } from './options_type';

/** Options as they were read, before defaults. */
export type Raw = Omit<Wishes, 'heldOut'> &
  Partial<Omit<Options, 'wishes' | 'resume' | 'cache'>> & {
    readonly resume?: string;
    readonly cache?: number;
    readonly heldOut?: number;
    readonly judge?: number;
    readonly until?: number;
    readonly patience?: number;
  };

/** @throws {ValueError} naming options that contradict each other, or the environment */
export function requireSense(
  {
    resume,
    out,
    overwrite,
    tune,
    headed,
    host,
    browser,
    steps,
    epochs,
    heldOut,
    augment,
    mixUp,
    findRate,
    dumpBatch,
    rate,
    decay,
    warmup,
    average,
    profile,
    from,
    unfreezeAfter,
    judge,
    until,
    patience,
  }: Raw,
  pictures: string | undefined,
  flags: string,
): void {
  const refuse = (where: string, problem: string, got?: string, advice = 'leave it out'): never => {
    throw new ValueError(where, problem, got, advice);
  };
  if (resume !== undefined && out !== undefined)
    refuse('--out', 'a run that goes on stays in its folder', out, 'leave it or --resume out');
  const others = {
    ...{ resume, rate, decay, warmup, average, epochs, profile, judge, until, patience },
    ...{ 'unfreeze-after': unfreezeAfter, 'dump-batch': dumpBatch },
  };
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (findRate && other !== undefined)
    refuse(
      `--${other}`,
      '--find-rate goes through rates and keeps nothing',
      undefined,
      'leave one of the two out',
    );
  if (resume !== undefined && from !== undefined)
    refuse('--from', 'a run goes on with the weights of its checkpoint', from);
  if (unfreezeAfter !== undefined && from === undefined && resume === undefined)
    refuse('--unfreeze-after', 'all is new without --from', `${unfreezeAfter}`);
  if (steps !== undefined && epochs !== undefined)
    refuse('--epochs', '--steps says otherwise', `${epochs}`, 'leave one of the two out');
  if (judge === 0 && (until ?? patience) !== undefined)
    refuse(
      until === undefined ? '--patience' : '--until',
      'needs judgements',
      undefined,
      'give --judge a share',
    );
  if (resume !== undefined && epochs !== undefined)
    refuse('--epochs', 'a run that goes on counts its steps', `${epochs}`, 'give --steps');
  if (resume !== undefined && pictures !== undefined)
    refuse('--resume', 'a run goes on with the pictures that it began with', pictures, 'leave them out');
  if (pictures === '') refuse('pictures', 'must name a folder or a list', '""', 'leave it out for digits');
  if (pictures === undefined && resume === undefined && augment !== undefined)
    refuse('--augment', 'digits are not varied', augment, 'name a folder of pictures, or leave it out');
  if (pictures === undefined && resume === undefined && mixUp !== undefined)
    refuse('--mix-up', 'digits are not mixed', `${mixUp}`, 'name a folder of pictures, or leave it out');
  if (pictures === undefined && resume === undefined && heldOut !== undefined && heldOut < 1)
    refuse('--held-out', 'counts digits', `${heldOut}`, 'give a whole number');
  if (pictures !== undefined && heldOut !== undefined && heldOut >= 1)
    refuse('--held-out', 'is a share of your pictures', `${heldOut}`, 'give a number below 1, such as 0.2');
  if (overwrite && resume !== undefined) refuse('--overwrite', 'a run that goes on replaces nothing');
  if (overwrite && out === undefined) refuse('--overwrite', 'needs --out, for a folder of its own is new');
  if (resume !== undefined && tune) refuse('--tune', 'a run goes on with the kernels it began with');
  if (host === 'node' && headed) refuse('--headed', 'there is no window with --host node');
  if (host === 'node' && browser !== undefined)
    refuse('--browser', 'there is none with --host node', browser, 'leave one of the two out');
  if (headed && /(^| )--headless\b/.test(flags))
    refuse('--headed', 'INCEPTION_BROWSER_ARGS says otherwise', flags, 'leave one of the two out');
}
