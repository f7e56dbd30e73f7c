// The kernels that multiply and add, as far as the report must know them: their loops, and how many multiply-adds
// the tile of one lane comes to. Whoever adds a kernel to shaders/ adds it here.
import type { Launch, Table } from '../../src/core/op';
import { EngineError } from '../../src/core/errors';
import { nest, type Nest } from './execution';

/** What one launch of a kernel does, by its author's intention; the machine code is checked against it. */
export interface Work {
  readonly loops: readonly Nest[];
  /** Multiply-adds of a lane, whether it has rows and columns of its own or repeats the last ones. */
  readonly fma: number;
  /**
   * Set by kernels that skip products with padding, or need fewer products (Winograd): the share of the layer's
   * multiply-adds that they compute. Only those count, so that leaving work out cannot pass for doing it well.
   */
  readonly computed?: number;
}

/** Looks up a number of a launch: a field of its params, an override, or a `const` of its shader. */
export type Sizes = (name: string) => number;

export function sizesOf({ shader, params, constants = {}, variant = {} }: Launch): Sizes {
  return (name) => {
    const given = params[name] ?? constants[name] ?? variant[name];
    if (given !== undefined) return Number(given);
    const [, text] =
      new RegExp(String.raw`^const ${name}\s*(?::.*)?= *(\d+)u?;`, 'm').exec(shader.source) ?? [];
    if (text === undefined) throw new EngineError(shader.file, `has no param, override or const ${name}`);
    return Number(text);
  };
}

type Describe = (size: Sizes, launch: Launch, lanes: number) => Work;

const VECTOR = 4;

/** Kernel rows, kernel columns, vectors of channels; a tile of TM rows by TN vectors. */
const registerTile =
  (channels: 'ci' | 'co'): Describe =>
  (size) => {
    const loops = [size('KERNEL_H'), size('KERNEL_W'), size(channels)];
    const products = loops.reduce((product, trips) => product * trips, VECTOR);
    return { loops: nest(...loops), fma: products * size('TM') * size('TN') * VECTOR };
  };

/** Output positions along one axis whose input position under one tap of the kernel lies inside the plane. */
function inside(tap: number, output: number, input: number, stride: number, before: number): number {
  const positions = Array.from({ length: output }, (_, at) => at * stride + tap - before);
  return positions.filter((position) => position >= 0 && position < input).length;
}

/**
 * Lines of pictures, pixels of a line. The kernel leaves out taps outside the plane, lines too if no lane of a wave
 * needs them, so the trip counts are means over the waves of a launch.
 */
const registerWeights: Describe = (size, { workgroups: [x, splits, z] }, lanes) => {
  const [height, width] = [size('KERNEL_H'), size('KERNEL_W')];
  const across = Array.from({ length: width }, (_, kw) =>
    inside(kw, size('y_w'), size('x_w'), size('STRIDE_W'), size('PAD_LEFT')),
  );
  const down = Array.from({ length: height }, (_, kh) =>
    inside(kh, size('y_h'), size('x_h'), size('STRIDE_H'), size('PAD_TOP')),
  );
  const tilesPerTap = Math.ceil(size('co') / size('TN')) * Math.ceil(size('ci') / size('TC'));
  const waves = (x * z * size('WG')) / lanes;
  const lastTap = height * width - 1;
  let pixels = 0;
  for (let wave = 0; wave < waves; wave++) {
    const first = Math.floor((wave * lanes) / tilesPerTap);
    const last = Math.min(Math.floor(((wave + 1) * lanes - 1) / tilesPerTap), lastTap);
    // Waves beyond the last tap have none: they sum up the bias's gradient, or nothing.
    const taps = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
    for (let oh = 0; oh < size('y_h'); oh++) {
      const running = taps.filter((tap) => {
        const ih = oh * size('STRIDE_H') + Math.floor(tap / width) - size('PAD_TOP');
        return ih >= 0 && ih < size('x_h');
      });
      pixels += Math.max(0, ...running.map((tap) => across[tap % width] ?? 0));
    }
  }
  const pictures = size('rows') / size('y_h');
  const lines = size('rows') / splits;
  const pixelsPerWave = (pixels / waves) * (pictures / splits);
  const tile = size('TC') * VECTOR * size('TN') * VECTOR;
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const computed = (sum(across) * sum(down)) / (size('y_w') * size('y_h') * height * width);
  // The lanes after those of the last tap sum up dy for the bias.
  const firstBias = Math.floor((height * width * tilesPerTap) / lanes);
  const endBias = (height * width * tilesPerTap + Math.ceil(size('co') / size('TN'))) / lanes;
  const bias = ((Math.ceil(endBias) - firstBias) / waves) * lines * size('y_w');
  const loops = nest(lines, pixelsPerWave / lines);
  return { loops: [...(size('BIAS') ? nest(bias) : []), ...loops], fma: pixelsPerWave * tile, computed };
};

/** The driver clears the vectors of workgroup memory, each thread one at a time. */
const clearing = (size: Sizes, vectors: number): Nest[] => nest(Math.ceil(vectors / size('WG')));

/** Kernel rows, kernel columns, blocks of channels; `memory` gives the vectors of workgroup memory. */
const tile =
  (memory: (size: Sizes) => number): Describe =>
  (size, { entry }) => {
    const loops = [size('KERNEL_H'), size('KERNEL_W'), size('blocks')];
    const channels = size('K') * (entry === 'forward' ? size('Q') : VECTOR);
    const products = loops.reduce((product, trips) => product * trips, channels);
    return {
      loops: [...clearing(size, memory(size)), ...nest(...loops)],
      fma: products * size('TM') * size('TN') * VECTOR,
    };
  };

const tileForward = tile(
  (size) =>
    size('XS') * (size('LY') * size('TM') * size('XL') + size('ASIDE')) +
    size('K') * size('Q') * size('LX') * size('TN'),
);

const tileInput = tile(
  (size) =>
    size('KS') * (size('LY') * size('TM') * size('KL') + size('ASIDE')) +
    size('K') * VECTOR * size('LX') * size('TN'),
);

/**
 * Lines of a split, blocks of pixels; workgroups of their own sum up dy for the bias. Products with the padding
 * around planes are computed, and count.
 */
const tileWeights: Describe = (size, { workgroups: [, splits, z] }) => {
  const share = size('BIAS') ? 1 / z : 0;
  const lines = (size('lines') / splits) * (1 - share);
  const turns = Math.ceil(((size('lines') / splits) * size('y_w')) / (size('LY') / size('TN'))) * share;
  const products = lines * size('blocks') * size('P');
  return {
    loops: [
      ...clearing(size, (size('XR') + size('YR')) * size('WG')),
      ...(size('BIAS') ? [...nest(turns), ...nest((size('LY') / size('TN')) * share)] : []),
      ...nest(lines, size('blocks')),
    ],
    fma: products * size('TC') * size('Q') * size('TN') * VECTOR,
  };
};

/** The second pass of a split sum only adds; it belongs to the cost of the weight gradient. */
const sumSplits: Describe = (size) => ({ loops: nest(size('splits')), fma: 0 });

/** The same for several layers, each with splits of its own. */
const sumLayers: Describe = (size, { bind }) => {
  const { words } = bind['table'] as Table;
  const chunks = Array.from({ length: size('chunks') }, (_, chunk) => words[2 * chunk] ?? 0);
  const splits = chunks.map((matrix) => words[size('matrices') + matrix * size('MATRIX_WORDS') + 2] ?? 0);
  const mean = splits.reduce((sum, each) => sum + each, 0) / splits.length;
  return { loops: nest(size('TURNS'), mean), fma: 0 };
};

const KERNELS: Readonly<Record<string, Readonly<Record<string, Describe>>>> = {
  'conv2d.wgsl': {
    forward: registerTile('ci'),
    backward_input: registerTile('co'),
    backward_weight: registerWeights,
  },
  'conv2d_tile.wgsl': { forward: tileForward },
  'conv2d_tile_input.wgsl': { backward_input: tileInput },
  'conv2d_tile_weight.wgsl': { backward_weight: tileWeights },
  'sum_layers.wgsl': { forward: sumLayers },
  'sum_splits.wgsl': { forward: sumSplits },
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
