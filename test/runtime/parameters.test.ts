// Initial values, put in their places in slices, are those of the whole parameters.
import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { readPlace, type Drawn } from '../../src/core/variable';
import { googlenet } from '../../src/models/googlenet';
import { Parameters } from '../../src/runtime/parameters';
import { fakeEngine } from '../support/fake_engine';

describe('initial weights', () => {
  it('of Table 1 arrive on the device as the generator gives them', async () => {
    const { graph } = googlenet({ classes: 1000, batch: 1, mode: 'train' });
    const { engine } = fakeEngine();
    let flat = new Float32Array(0);
    Reflect.set(engine.device.queue, 'writeBuffer', (buffer: GPUBuffer, at: number, part: Float32Array) => {
      if (flat.length === 0) flat = new Float32Array(buffer.size / 4);
      flat.set(part, at / 4);
    });
    const { layout } = await Parameters.create(engine, graph, { seed: 3, initial: 'pytorch' });
    expect(flat).toHaveLength(layout.elements);
    for (const place of layout.places.values()) {
      const { name, shape, initial } = place.variable;
      const { fanIn } = initial as Drawn;
      const expected = uniform(sizeOf(shape), 1 / Math.sqrt(fanIn), 3, name);
      const found = readPlace(place, flat);
      const wrong = found.findIndex((value, index) => value !== expected[index]);
      expect([name, found.length, wrong]).toEqual([name, expected.length, -1]);
    }
  });
});
