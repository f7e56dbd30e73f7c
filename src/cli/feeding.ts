import type { Feeding } from '../app/data_set';

/** Which of decoding and computing bounds a run. */
export function describeFeeding({ waited, decoded, cached }: Feeding, seconds: number): string {
  const share = (100 * waited) / seconds;
  const bound = share > 10 ? 'decoding bounds the run' : 'computing bounds the run';
  return (
    `pictures: steps waited ${waited.toFixed(1)} s for them, ${share.toFixed(1)} % of the time; ${bound}; ` +
    `${decoded.toLocaleString('en')} decoded, ${cached.toLocaleString('en')} taken from memory`
  );
}
