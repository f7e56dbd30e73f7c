// Classifies in this process, on Dawn, which the package `webgpu` brings; pictures are decoded by the package `sharp`.
import { classifyRun } from '../../app/classify_run';
import { faultOf } from '../../app/fault';
import { EngineError, ValueError } from '../../core/errors';
import { readGreyFile } from '../../data/grey_file';
import { decodePicture } from '../../data/node/decode';
import { loadSharp } from '../../data/node/sharp';
import { openEngine } from '../../node';
import { pageError, type Host } from '../work_page';
import type { Model } from './model';

/** What is classified, and with what. */
export interface NodeWork {
  readonly model: Model;
  readonly labels: readonly number[];
  readonly top: number;
  readonly bytes: (index: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * @param dawn version of the package; undefined: it is not installed
 * @throws {ValueError | EngineError} without one of the packages
 */
export async function openClassifyingHost(
  { model, labels, top, bytes }: NodeWork,
  dawn: string | undefined,
): Promise<Host> {
  const problem = 'needs the package webgpu, which is not installed';
  if (dawn === undefined) throw new ValueError('--host', problem, 'node', 'npm install webgpu');
  // Without it each picture would be called damaged.
  await loadSharp();
  const controller = new AbortController();
  const stop = (): Promise<void> => {
    controller.abort();
    return Promise.resolve();
  };
  return {
    version: `Dawn in Node (webgpu ${dawn})`,
    work: (_url, onEvent) =>
      classifyRun({
        open: () => openEngine(),
        weights: model.bytes,
        ...{ labels, top },
        load: async (index, shorterSide) => {
          const file = await bytes(index);
          return readGreyFile(file) ?? decodePicture(file, { shorterSide, where: `picture ${index}` });
        },
        signal: controller.signal,
        onEvent: (event) => onEvent(event as never),
      }).catch((error: unknown) => {
        throw error instanceof EngineError ? pageError(faultOf(error)) : error;
      }),
    stop,
    close: stop,
    closed: () => Promise.resolve(),
  };
}
