import { join } from 'node:path';
import { lavapipe } from '../../bench/dawn/lavapipe';
import type { Consumer } from './consumer';
import type { Trained } from './program/train';
import { requireEnded, WGSL_REFLECT, type Ended } from './project';

const trainedBy = (ended: Ended): Trained =>
  JSON.parse(requireEnded(ended).split('\n').at(-1) ?? '') as Trained;

/** Vulkan's loader finds nothing there. */
const NO_DRIVER = { VK_DRIVER_FILES: '/none', VK_ICD_FILENAMES: '/none' };

export const node: Consumer = {
  name: 'Node',
  packages: ['webgpu@0.6.2', WGSL_REFLECT],
  async run(project) {
    project.take('silu.wgsl');
    project.takeScripts(['train', 'silu', 'host']);
    const own = trainedBy(await project.node(['host.js'], lavapipe()));
    const given = trainedBy(await project.node(['host.js', 'given'], lavapipe()));
    const { code, output } = await project.node(['host.js'], NO_DRIVER);
    if (code !== 1 || !/NoAdapterError: .*install a Vulkan driver/.test(output))
      throw new Error(`without a driver it says: ${output}`);
    return [
      { what: 'Dawn, by the package webgpu', trained: own },
      { what: 'a gpu that is given, and an op of its own', trained: given },
      { what: 'without a Vulkan driver says what to install' },
    ];
  },
};

export const deno: Consumer = {
  name: 'Deno',
  packages: ['deno@2', WGSL_REFLECT],
  async run(project) {
    project.takeScripts(['train', 'silu', 'host']);
    const program = join(project.folder, 'node_modules/.bin/deno');
    const ended = await project.run(
      program,
      ['run', '--allow-all', '--unstable-webgpu', 'host.js'],
      lavapipe(),
    );
    return [{ what: 'its own navigator.gpu', trained: trainedBy(ended) }];
  },
};
