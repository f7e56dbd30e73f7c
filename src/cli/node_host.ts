// Trains in this process, on Dawn, which the package `webgpu` brings.
import type { TrainingEvent } from '../app/events';
import { faultOf, onRefusal } from '../app/fault';
import { digitData } from '../app/digit_data';
import { PictureData } from '../app/picture_data';
import { trainRun } from '../app/train_run';
import { EngineError, ValueError } from '../core/errors';
import { loadSharp } from '../data/node/sharp';
import type { Engine } from '../gpu/engine';
import { writeCheckpoint } from '../io/checkpoint';
import { openEngine } from '../node';
import { textStore } from '../runtime/tuning/store';
import { readDigitSet } from './digit_files';
import { nodePictures } from './node_pictures';
import type { HostOptions } from './page_server';
import { pageError, type Host } from './work_page';

/**
 * Does what a page does, without a browser. It keeps the process alive: end that by `process.exit`.
 * @param dawn version of the package; undefined: it is not installed
 * @throws {ValueError} without the package; {PageError} without an adapter, with what to install
 */
export async function openNodeHost(
  { options, choices, pictures, checkpoints, onWeights }: HostOptions,
  dawn: string | undefined,
): Promise<Host> {
  const problem = 'needs the package webgpu, which is not installed';
  if (dawn === undefined) throw new ValueError('--host', problem, 'node', 'npm install webgpu');
  // Without it each picture would be called damaged; those of IDX files need no decoder.
  if (pictures?.set.pictures.some(({ pixels }) => !pixels)) await loadSharp();
  const controller = new AbortController();
  let refused: EngineError | undefined;
  const requireSound = (): void => {
    if (refused) throw refused;
  };
  const fail = (error: unknown): never => {
    const reason = refused ?? error;
    throw reason instanceof EngineError ? pageError(faultOf(reason)) : reason;
  };
  const open = async (): Promise<Engine> => {
    const engine = await openEngine();
    onRefusal(engine, (error) => (refused ??= error));
    return engine;
  };
  const train = async (onEvent: (event: never) => void): Promise<void> => {
    const latest = await checkpoints.latest();
    await trainRun({
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
      ...(latest && { resume: latest.checkpoint }),
      onCheckpoint: async (checkpoint) => {
        requireSound();
        await checkpoints.saveFile(checkpoint.step, writeCheckpoint(checkpoint));
      },
      signal: controller.signal,
      onEvent: (event: TrainingEvent): void | Promise<void> => {
        requireSound();
        if (event.kind === 'weights') return onWeights(event.bytes);
        onEvent(event as never);
      },
    });
    requireSound();
  };
  const stop = (): Promise<void> => {
    controller.abort();
    return Promise.resolve();
  };
  // Nothing of an earlier run is lost where there is no adapter.
  (await open().catch(fail)).destroy();
  return {
    version: `Dawn in Node (webgpu ${dawn})`,
    work: (_url, onEvent) => train(onEvent).catch(fail),
    stop,
    close: stop,
    closed: () => Promise.resolve(),
  };
}
