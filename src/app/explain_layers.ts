import { ValueError } from '../core/errors';
import { nearestOf } from '../core/options';
import { networkOf } from './load_network';
import type { ModelCard } from './model_card';

/** The layer whose feature maps are shown where nobody chose: its maps are small enough to be many, and still show places. */
export const LAYER = 'inception3a';
/** What a class activation map is made of. */
export const LAST_FEATURES = 'inception5b';

/** @throws {ValueError} unless the network has a layer of this name that gives feature maps */
export function requireLayer(card: ModelCard, layer: string): void {
  const { nodes } = networkOf(card, 1).graph;
  // What a layer computes on its way to its output has a name of its own, which is no layer's.
  const names = nodes
    .filter(({ label, outputs }) => outputs['y']?.shape.length === 4 && !/\.(product|biased)$/.test(label))
    .map(({ label }) => label);
  if (names.includes(layer)) return;
  const whole = names.filter((name) => !name.includes('.'));
  const advice = `${nearestOf(layer, whole)}; parts of a module are called inception3a.conv2 and so on`;
  throw new ValueError('--layer', 'the network has no feature maps of this name', layer, advice);
}
