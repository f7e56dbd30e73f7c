// Classifies in this process, on Dawn, which the package `webgpu` brings; pictures are decoded by the package `sharp`.
import { classifyRun, type ClassifyRunOptions } from '../../app/classify_run';
import type { ExplainWishes } from '../../app/events';
import { explainRun } from '../../app/explain_run';
import { faultOf } from '../../app/fault';
import { EngineError } from '../../core/errors';
import type { CropCount } from '../../data/evaluation_crops';
import { readGreyFile } from '../../data/grey_file';
import { decodePicture } from '../../data/node/decode';
import { loadSharp } from '../../data/node/sharp';
import { openEngine } from '../../node';
import { inProcess } from '../in_process';
import { pageError, type Host } from '../work_page';
import type { Model } from './model';

/** What is classified, and with what. */
export interface NodeWork {
  readonly model: Model;
  readonly labels: readonly number[];
  readonly top: number;
  readonly crops: CropCount;
  readonly explain?: ExplainWishes | undefined;
  readonly bytes: (index: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * @param dawn version of the package
 * @throws {EngineError} without the package `sharp`
 */
export async function openClassifyingHost(
  { model, labels, top, crops, explain, bytes }: NodeWork,
  dawn: string,
): Promise<Host> {
  // Without it each picture would be called damaged.
  await loadSharp();
  return inProcess(dawn, (onEvent, signal) => {
    const run: ClassifyRunOptions = {
      open: () => openEngine(),
      weights: model.bytes,
      ...{ labels, top, crops, signal },
      load: async (index, shorterSide) => {
        const file = await bytes(index);
        return readGreyFile(file) ?? decodePicture(file, { shorterSide, where: `picture ${index}` });
      },
      onEvent: (event) => onEvent(event as never),
    };
    return (explain ? explainRun({ ...run, explain }) : classifyRun(run)).catch((error: unknown) => {
      throw error instanceof EngineError ? pageError(faultOf(error)) : error;
    });
  });
}
