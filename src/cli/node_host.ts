// Trains in this process, on Dawn, which the package `webgpu` brings.
import type { TrainingEvent } from '../app/events';
import { faultOf, onRefusal } from '../app/fault';
import { findRate } from '../app/find_rate';
import { digitData } from '../app/digit_data';
import { PictureData } from '../app/picture_data';
import { trainRun } from '../app/train_run';
import { EngineError } from '../core/errors';
import { loadSharp } from '../data/node/sharp';
import type { Engine } from '../gpu/engine';
import { writeCheckpoint } from '../io/checkpoint';
import { openEngine } from '../node';
import { textStore } from '../runtime/tuning/store';
import { readDigitSet } from './digit_files';
import { inProcess } from './in_process';
import { nodePictures } from './node_pictures';
import type { HostOptions } from './page_server';
import { pageError, type Host } from './work_page';

/**
 * Does what a page does, without a browser.
 * @param dawn version of the package
 * @throws {EngineError} without the package `sharp`, where it is needed; {PageError} without an adapter, with what to install
 */
export async function openNodeHost(
  { options, choices, pictures, initial, checkpoints, onWeights }: HostOptions,
  dawn: string,
): Promise<Host> {
  // Without it each picture would be called damaged; those of IDX files need no decoder.
  if (pictures?.set.pictures.some(({ pixels }) => !pixels)) await loadSharp();
  let refused: EngineError | undefined;
  const requireSound = (): void => {
    if (refused) throw refused;
  };
  const fail = (error: unknown): never => {
    const reason = refused ?? error;
    throw reason instanceof EngineError ? pageError(faultOf(reason)) : reason;
  };
  const keep = async ({ bytes, raw }: Extract<TrainingEvent, { kind: 'weights' }>): Promise<void> => {
    if (raw) await onWeights(raw, true);
    await onWeights(bytes);
  };
  const open = async (): Promise<Engine> => {
    const engine = await openEngine();
    onRefusal(engine, (error) => (refused ??= error));
    return engine;
  };
  const train = async (onEvent: (event: never) => void, signal: AbortSignal): Promise<void> => {
    const latest = await checkpoints.latest();
    await (options.findRate ? findRate : trainRun)({
      open,
      options,
      data:
        options.pictures && pictures
          ? new PictureData(
              options.pictures,
              nodePictures(pictures),
              options.pictures.cache,
              (index, reason, instead) => {
                onEvent({ kind: 'unusable', index, reason, instead } as never);
              },
            )
          : digitData({ train: readDigitSet('train'), test: readDigitSet('test') }),
      store: textStore(
        () => Promise.resolve(choices.read()),
        (text) => {
          choices.write(text);
          return Promise.resolve();
        },
      ),
      ...(latest ? { resume: latest.checkpoint } : { initial }),
      onCheckpoint: async (checkpoint) => {
        requireSound();
        await checkpoints.saveFile(checkpoint.step, writeCheckpoint(checkpoint));
      },
      signal,
      onEvent: (event: TrainingEvent): void | Promise<void> => {
        requireSound();
        if (event.kind === 'weights') return keep(event);
        onEvent(event as never);
      },
    });
    requireSound();
  };
  // Nothing of an earlier run is lost where there is no adapter.
  (await open().catch(fail)).destroy();
  return inProcess(dawn, (onEvent, signal) => train(onEvent, signal).catch(fail));
}
