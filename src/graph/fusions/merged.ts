import type { Value } from '../../core/op';
import type { Shape } from '../../core/shape';
import type { Place } from '../../core/variable';
import type { FusionContext } from './rewriting';

/** What merged layers have in common, found for each of them. */
export interface Mergeable {
  readonly label: string;
  readonly weight: Value;
  readonly bias: Value;
}

/**
 * Sorts layers by where their weights lie in a matrix, if these and the biases lie side by side without a gap in one
 * matrix each: then the first one's view, made wider, is a view of all.
 */
export function sideBySide<T extends Mergeable>(
  layers: readonly T[],
  context: FusionContext,
): readonly T[] | undefined {
  if (layers.length < 2) return undefined;
  const offset = ({ weight }: T): number => context.placeOf(weight)?.offset ?? 0;
  const sorted = layers.toSorted((a, b) => offset(a) - offset(b));
  const [weights, biases] = [sorted.map(({ weight }) => weight), sorted.map(({ bias }) => bias)];
  return isDense(weights, context) && isDense(biases, context) ? sorted : undefined;
}

/** True if the values lie side by side without a gap, in this order, in one matrix. */
export function isDense(values: readonly Value[], { placeOf }: FusionContext): boolean {
  const places = values.map(placeOf);
  return places.every((place, index) => {
    const before = index === 0 ? undefined : places[index - 1];
    return place && (index === 0 || (before && follows(before, place)));
  });
}

const follows = (before: Place, place: Place): boolean =>
  place.matrix.offset === before.matrix.offset && place.offset === before.offset + before.columns;

/** Shape of the weights of all layers as one. */
export function mergedShape(layers: readonly Mergeable[]): Shape {
  const channels = layers.reduce((sum, { weight }) => sum + (weight.shape[0] ?? 0), 0);
  return layers[0]?.weight.shape.with(0, channels) ?? [];
}

/** `inception3a.{conv1,reduce2,reduce3}` for three layers of a module. */
export function mergedLabel(layers: readonly Mergeable[]): string {
  const names = layers.map(({ label }) => label.replace(/\.product$/, ''));
  const scope = /^.*\./.exec(names[0] ?? '')?.[0] ?? '';
  const shared = names.every((name) => name.startsWith(scope)) ? scope : '';
  return `${shared}{${names.map((name) => name.slice(shared.length)).join(',')}}`;
}
