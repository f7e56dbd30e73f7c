// Types only: the other entries are used as their declarations say.
import type { Engine } from 'inception-webgpu';
import { diagnose, type Diagnosis } from 'inception-webgpu/doctor';
import { openEngine } from 'inception-webgpu/inception-webgpu.min.js';
import { openEngine as openNode, type NodeEngineOptions } from 'inception-webgpu/node';

export const check = async (options: NodeEngineOptions): Promise<readonly Diagnosis[]> => {
  const engines: Engine[] = [await openEngine(), await openNode(options)];
  return Promise.all(engines.map((engine) => diagnose(engine)));
};
