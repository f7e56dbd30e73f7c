import { get, zeros, type RefTensors } from './tensor';

interface Attrs {
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

/** y = (byte / 255 - mean) / deviation, byte c of each word for colour c. */
export function forward(inputs: RefTensors, { mean, deviation }: Attrs): RefTensors {
  const x = get(inputs, 'x');
  const [batch = 1, , height = 1, width = 1] = x.shape;
  const plane = height * width;
  const y = zeros([batch, 3, height, width]);
  x.data.forEach((word, index) => {
    for (let colour = 0; colour < 3; colour++) {
      const byte = Math.floor(word / 256 ** colour) % 256;
      const at = (Math.floor(index / plane) * 3 + colour) * plane + (index % plane);
      y.data[at] = (byte / 255 - (mean?.[colour] ?? 0)) / (deviation?.[colour] ?? 1);
    }
  });
  return { y };
}

/** Bytes have no gradient. */
export const backward = (): RefTensors => ({});
