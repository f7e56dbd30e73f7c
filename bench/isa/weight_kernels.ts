// The kernels of weight gradients, as far as the report must know them, and those that add up their partial sums.
import type { Table } from '../../src/core/op';
import { nest } from './execution';
import { VECTOR, clearing, type Describe } from './work';

/** Output positions along one axis whose input position under one tap of the kernel lies inside the plane. */
function inside(tap: number, output: number, input: number, stride: number, before: number): number {
  const positions = Array.from({ length: output }, (_, at) => at * stride + tap - before);
  return positions.filter((position) => position >= 0 && position < input).length;
}

/**
 * Lines of images, pixels of a line. The kernel leaves out taps outside the plane, lines too if no lane of a wave
 * needs them, so the trip counts are means over the waves of a launch.
 */
export const registerWeights: Describe = (size, { workgroups: [x, splits, z] }, lanes) => {
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
  const images = size('rows') / size('y_h');
  const lines = size('rows') / splits;
  const pixelsPerWave = (pixels / waves) * (images / splits);
  const tile = size('TC') * size('LANES') * size('TN') * size('LANES');
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const computed = (sum(across) * sum(down)) / (size('y_w') * size('y_h') * height * width);
  // The lanes after those of the last tap sum up dy for the bias.
  const firstBias = Math.floor((height * width * tilesPerTap) / lanes);
  const endBias = (height * width * tilesPerTap + Math.ceil(size('co') / size('TN'))) / lanes;
  const bias = ((Math.ceil(endBias) - firstBias) / waves) * lines * size('y_w');
  const loops = nest(lines, pixelsPerWave / lines);
  return { loops: [...(size('BIAS') ? nest(bias) : []), ...loops], fma: pixelsPerWave * tile, computed };
};

/**
 * Lines of a split, blocks of pixels; workgroups of their own sum up dy for the bias. Products with the padding
 * around planes are computed, and count.
 */
export const tileWeights: Describe = (size, { workgroups: [, splits, z] }) => {
  const share = size('BIAS') ? 1 / z : 0;
  const lines = (size('lines') / splits) * (1 - share);
  const turns = Math.ceil(((size('lines') / splits) * size('y_w')) / (size('LY') / size('TN'))) * share;
  const products = lines * size('blocks') * size('P');
  return {
    loops: [
      ...clearing(size, size('XR') * size('WG'), size('YR') * size('WG')),
      ...(size('BIAS') ? [...nest(turns), ...nest((size('LY') / size('TN')) * share)] : []),
      ...nest(lines, size('blocks')),
    ],
    fma: products * size('TC') * size('Q') * size('TN') * VECTOR,
  };
};

/** The second pass of split sums, each with splits of its own, only adds; it belongs to the cost of weight gradients. */
export const sums: Describe = (size, { bind }) => {
  const { words } = bind['table'] as Table;
  const chunks = Array.from({ length: size('chunks') }, (_, chunk) => words[2 * chunk] ?? 0);
  const splits = chunks.map((matrix) => words[size('matrices') + matrix * size('MATRIX_WORDS') + 2] ?? 0);
  const mean = splits.reduce((sum, each) => sum + each, 0) / splits.length;
  return { loops: nest(size('TURNS'), mean), fma: 0 };
};
