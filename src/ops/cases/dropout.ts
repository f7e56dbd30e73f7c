import { hashName, philox } from '../../core/random';
import type { Shape } from '../../core/shape';
import type { Step } from '../../core/step';
import { dropout, type DropoutAttrs } from '../dropout';
import { BACKWARD, BOTH, ROUNDED } from './support/op_case';
import { opTable } from './support/op_table';
import { get, type Reference, type RefTensor } from './support/tensor';
import { touched, touchedReference } from './support/touched';

/**
 * Element f of an image, counted pixel by pixel and within a pixel by channel, is kept where word f % 4 of
 * philox(counter (step, image, f / 4, 0), key (seed, layer)) is below (1 - p) * 2^32.
 */
export function drop(
  { shape, data }: RefTensor,
  { p, layer }: DropoutAttrs,
  { seed, step, first_image }: Pick<Step, 'seed' | 'step' | 'first_image'>,
): RefTensor {
  const [, channels = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  const bound = Math.floor((1 - p) * 2 ** 32);
  const kept = data.map((value, index) => {
    const image = first_image + Math.floor(index / (channels * plane));
    const f = (index % plane) * channels + (Math.floor(index / plane) % channels);
    const words = philox([step, image, Math.floor(f / 4), 0], [seed, hashName(layer)]);
    return (words[f % 4] as number) < bound ? value / (1 - p) : 0;
  });
  return { shape, data: kept };
}

const reference: Reference<DropoutAttrs> = {
  forward: (inputs, attrs, step) => ({ y: drop(get(inputs, 'x'), attrs, step) }),
  backward: (_inputs, attrs, d, step) => ({ x: drop(get(d, 'y'), attrs, step) }),
};

const STEP = { seed: 20, step: 3, first_image: 6 };

const of = (name: string, shape: Shape, p: number, step: Partial<Step> = STEP) => ({
  name: `dropout/${name}`,
  inputs: { x: { shape } },
  attrs: { p, layer: 'main/dropout' },
  step,
});

const masked = (name: string, shape: Shape) => ({
  ...touched(of(name, shape, 0.4), shape, ['mask']),
  reference: touchedReference('y', (inputs, attrs: DropoutAttrs, step) =>
    drop(get(inputs, 'x'), attrs, step),
  ),
});

export const tables = [
  opTable(dropout, {
    reference,
    // 1 / (1 - p) is rounded, and its product.
    tolerance: ROUNDED,
    noTorch: 'its random numbers are its own; test/ops/dropout.test.ts holds them against a twin on the CPU',
    random: (draw) => ({ attrs: { p: draw.pick([0.1, 0.5, 0.9]), layer: `drop${draw.below(100)}` } }),
    layer: { further: [0.5], takes: { 2: ['0.5'] } },
    cases: [
      of('main head', [4, 1024], 0.4),
      of('auxiliary head', [3, 1024], 0.7),
      of('large seed and step', [2, 64], 0.5, {
        seed: 0xfedcba98,
        step: 0x89abcdef,
        first_image: 0x7fffffff,
      }),
      of('features no multiple of 4', [5, 7], 0.5),
      of('fewer than 4 features', [9, 3], 0.5),
      of('batch 3, 5x7 planes', [3, 5, 5, 7], 0.3),
      of('one channel', [2, 1, 5, 5], 0.5),
      of('p = 0', [3, 37], 0),
      of('p nearly 1', [3, 1000], 0.99),
      of('few', [3, 3, 2, 3], 0.4),
      of('many workgroups', [4, 5, 13, 13], 0.5),
      { ...of('vectors', [2, 8, 7, 5], 0.4), doctor: BOTH },
      { ...of('odd channels', [3, 5, 5, 7], 0.4), doctor: BOTH },
      masked('40 features', [3, 40]),
      masked('odd', [2, 7, 5, 3]),
      { ...masked('8 channels', [2, 8, 7, 5]), doctor: BACKWARD },
      { ...masked('5 channels', [3, 5, 5, 7]), doctor: BACKWARD },
    ],
  }),
];
