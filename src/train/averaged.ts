import { allocate, orDestroy } from '../runtime/buffers';
import { flatStorage, type NamedTensors } from '../runtime/flat_buffer';
import { Parameters } from '../runtime/parameters';

/** New parameters, laid out as these are: the weights, of which those that have a running average have that. */
export async function averagedParameters(
  { engine, layout }: Parameters,
  weights: NamedTensors,
  averaged: NamedTensors = new Map(),
): Promise<Parameters> {
  const { buffer } = await allocate(engine, 'parameters', () => ({
    buffer: flatStorage(engine, 'variables', layout),
  }));
  const copy = new Parameters(engine, layout, buffer);
  await orDestroy(engine, () => copy.write(new Map([...weights, ...averaged])), [buffer]);
  return copy;
}
