import { ValueError } from '../core/errors';
import type { Engine } from '../gpu/engine';
import { readSafetensors } from '../io/safetensors';
import { loadWeights } from '../io/weights';
import { googlenet, type GoogLeNet } from '../models/googlenet';
import { Parameters } from '../runtime/parameters';
import { readCard, type ModelCard } from './model_card';

/** A network as a weights file has it, for classifying. */
export const networkOf = ({ classes, size, width }: ModelCard, batch: number): GoogLeNet =>
  googlenet({ classes: classes.length, batch, inputSize: size, width, aux: false });

/** @throws {FormatError} unless the weights have a card */
export const cardOf = (weights: Uint8Array<ArrayBuffer>): ModelCard =>
  readCard('weights', readSafetensors(weights).metadata);

/** @throws {ValueError} if the weights lack tensors of the network; what the engine throws */
export async function loadNetwork(
  engine: Engine,
  card: ModelCard,
  weights: Uint8Array<ArrayBuffer>,
  batch: number,
): Promise<GoogLeNet & { readonly parameters: Parameters }> {
  const net = networkOf(card, batch);
  const parameters = await Parameters.create(engine, net.graph);
  const { missing, otherShape } = await loadWeights(parameters, weights, { match: 'some' });
  const [lacking] = [...missing, ...otherShape];
  if (lacking !== undefined) throw new ValueError('weights', 'lack a tensor of the network', lacking);
  return { ...net, parameters };
}
