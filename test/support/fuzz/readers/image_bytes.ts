import { toImages, type Normalisation, type ImageBytes } from '../../../../src/io/image_bytes';
import { must } from '../must';
import type { Fuzzed } from '../run_cases';

const ODD: readonly unknown[] = [
  0,
  -1,
  0.5,
  2,
  2.5,
  7,
  NaN,
  Infinity,
  2 ** 32,
  2 ** 53,
  1e300,
  '4',
  null,
  undefined,
  [],
  {},
];

interface ImageCall {
  readonly images: ImageBytes;
  readonly chosen: ArrayLike<number>;
  readonly size: number;
  readonly normalisation: Normalisation;
}

export const images: Fuzzed<ImageCall> = {
  name: 'images',
  input(chance) {
    const channels = chance.pick([1, 3, 4] as const);
    const good = { data: new Uint8Array(2 * 3 * 4 * channels), count: 2, height: 3, width: 4, channels };
    const call = {
      images: { ...good } as Record<string, unknown>,
      chosen: [1, 0] as unknown[],
      size: 5 as unknown,
      normalisation: { mean: [0, 0, 0] as unknown[], std: [1, 1, 1] as unknown[] },
    };
    for (let times = chance.below(3); times >= 0; times--) {
      const odd = chance.pick(ODD);
      chance.pick([
        () => (call.images[chance.pick(['count', 'height', 'width', 'channels', 'data'])] = odd),
        () => (call.images['data'] = chance.pick([Float32Array, Uint16Array, Array])),
        () => (call.images['data'] = chance.bytes(chance.below(100))),
        () => (call.chosen[chance.below(2)] = odd),
        () => (call.size = odd),
        () => (call.normalisation[chance.pick(['mean', 'std'] as const)][chance.below(3)] = odd),
      ])();
    }
    return call as unknown as ImageCall;
  },
  read({ images: given, chosen, size, normalisation }) {
    const images = toImages(given, chosen, size, normalisation);
    must(images.length === chosen.length * 3 * size * size, 'some are missing');
    must(images.every(Number.isFinite), 'not all are numbers');
  },
  size: () => 2 ** 20,
};
