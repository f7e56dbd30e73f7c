import type { Encode } from '../../src/gpu/timing';
import type { Engine } from '../../src/gpu/engine';
import { spread, type Spread } from './statistics';

const TIMES = 30;

/** Milliseconds of JavaScript that it takes to encode a run: what a page pays for each, whatever the GPU does. */
export async function timeEncoding({ device }: Engine, encode: Encode): Promise<Spread> {
  const times: number[] = [];
  // The first ones find nothing optimised yet.
  for (let index = -TIMES; index < TIMES; index++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder({ label: 'encoding' });
    const pass = encoder.beginComputePass({ label: 'encoding' });
    encode(pass);
    pass.end();
    encoder.finish();
    if (index >= 0) times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return spread(times);
}
