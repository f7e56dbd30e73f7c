import { ValueError } from '../core/errors';
import { AVERAGE } from '../optim/stage';
import { readRanges } from '../runtime/buffers';
import { Parameters } from '../runtime/parameters';
import type { Program } from '../runtime/program';
import type { Update } from '../runtime/update';

/**
 * New parameters: the variables, of which those that are trained have their running average.
 * @param begun whether a step was done, before which there is no average
 * @throws {ValueError} if the update keeps none
 */
export async function averagedParameters(
  { engine, graph }: Program,
  { parameters, slots }: Update,
  begun: boolean,
): Promise<Parameters> {
  const average = slots.get(AVERAGE);
  if (!average) {
    throw new ValueError('trainer.averaged', 'needs a trainer with an average', undefined, 'give it average');
  }
  const copy = await Parameters.create(engine, graph);
  const both = [parameters, average];
  // One copy, so that no step comes between.
  const bytes = await readRanges(
    engine,
    both.map(({ buffer }) => ({ buffer, offset: 0, size: buffer.size })),
  );
  const [now, averaged] = both.map((flat, index) => flat.decode(bytes[index] as ArrayBuffer));
  await copy.load(new Map([...(now ?? []), ...(begun ? (averaged ?? []) : [])]));
  return copy;
}
