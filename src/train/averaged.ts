import { bytesOf } from '../core/dtype';
import { allocate, storageBuffer } from '../runtime/buffers';
import type { NamedTensors } from '../runtime/flat_buffer';
import { Parameters } from '../runtime/parameters';

/** New parameters, laid out as these are: the weights, of which those that have a running average have that. */
export async function averagedParameters(
  { engine, layout }: Parameters,
  weights: NamedTensors,
  averaged: NamedTensors = new Map(),
): Promise<Parameters> {
  const { buffer } = await allocate(engine, 'parameters', () => ({
    buffer: storageBuffer(engine, 'variables', bytesOf(layout.elements)),
  }));
  const copy = new Parameters(engine, layout, buffer);
  copy.write(new Map([...weights, ...averaged]));
  return copy;
}
