// The kernels that multiply and add, as far as the report must know them: their loops, and how many multiply-adds
// the tile of one lane comes to. Whoever adds a kernel to shaders/ adds it here.
import type { Launch } from '../../src/core/op';
import { EngineError } from '../../src/core/errors';
import { nest } from './execution';
import { VECTOR, clearing, sizesOf, type Describe, type Sizes, type Work } from './work';
import { registerWeights, sums, tileWeights } from './weight_kernels';

/** Kernel rows, kernel columns, numbers of channels; a tile of TM rows by TN numbers. */
const registerTile =
  (channels: 'ci' | 'co'): Describe =>
  (size) => {
    const loops = [size('KERNEL_H'), size('KERNEL_W'), size(channels)];
    const products = loops.reduce((product, trips) => product * trips, size('LANES'));
    return { loops: nest(...loops), fma: products * size('TM') * size('TN') * size('LANES') };
  };

/**
 * Kernel rows, kernel columns, blocks of channels; `memory` gives the vectors of each array in workgroup memory. Or z products of
 * matrices, as Winograd needs.
 */
const tile =
  (memory: (size: Sizes) => readonly number[]): Describe =>
  (size, { entry, constants, workgroups: [, , z] }) => {
    const loops = [size('KERNEL_H'), size('KERNEL_W'), size('blocks')];
    const channels = size('K') * (entry === 'forward' ? size('Q') : VECTOR);
    const products = loops.reduce((product, trips) => product * trips, channels);
    const columns = size(entry === 'forward' ? 'co' : 'ci') * VECTOR;
    return {
      loops: [...clearing(size, ...memory(size)), ...nest(...loops)],
      fma: products * size('TM') * size('TN') * VECTOR,
      ...(constants?.['PRODUCTS'] && { multiplyAdds: z * size('rows') * products * columns }),
    };
  };

const tileForward = tile((size) => [
  size('XS') * (size('LY') * size('TM') * size('XL') + size('ASIDE')),
  size('K') * size('Q') * size('LX') * size('TN'),
]);

const tileInput = tile((size) => [
  size('KS') * (size('LY') * size('TM') * size('KL') + size('ASIDE')),
  size('K') * VECTOR * size('LX') * size('TN'),
]);

/** All written out, without a loop. */
const transform: Describe = () => ({ loops: [], fma: undefined, transforms: true });

const KERNELS: Readonly<Record<string, Readonly<Record<string, Describe>>>> = {
  'conv2d.wgsl': {
    forward: registerTile('ci'),
    backward_input: registerTile('co'),
    backward_weight: registerWeights,
  },
  'conv2d_tile.wgsl': { forward: tileForward },
  'conv2d_tile_input.wgsl': { backward_input: tileInput },
  'conv2d_tile_weight.wgsl': { backward_weight: tileWeights },
  'sum.wgsl': { forward: sums },
  'winograd.wgsl': { input_transform: transform, weight_transform: transform, output_transform: transform },
};

/** @throws {EngineError} if a kernel is not in the table */
export function describeWork(launch: Launch, lanes: number): Work {
  const { shader, entry } = launch;
  const describe = KERNELS[shader.file]?.[entry];
  if (!describe) {
    const advice = 'describe its loops in bench/isa/kernels.ts';
    throw new EngineError(
      `${shader.file} ${entry}`,
      'multiplies and adds unknown to the report',
      undefined,
      advice,
    );
  }
  return describe(sizesOf(launch), launch, lanes);
}

/** Invocations of a workgroup: `@workgroup_size(WG)` or `(16, 8)` above the entry point. */
export function workgroupSize(launch: Launch): number {
  const { shader, entry } = launch;
  const [, list] =
    new RegExp(String.raw`@workgroup_size\(([^)]*)\)\s*fn\s+${entry}\b`).exec(shader.source) ?? [];
  if (list === undefined) throw new EngineError(`${shader.file} ${entry}`, 'has no readable workgroup size');
  const size = sizesOf(launch);
  return list
    .split(',')
    .map((part) => part.trim())
    .reduce((product, part) => product * (/^\d+u?$/.test(part) ? parseInt(part) : size(part)), 1);
}
