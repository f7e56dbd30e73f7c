import type { Scratch, Value, View } from '../core/op';

/** A tensor and where it lies. */
export interface Viewed<T = Value> {
  readonly value: T;
  readonly view: View;
}

/** Tensors of a node, each with where it lies. */
export function viewed<N extends string>(
  values: Readonly<Record<N, Value>>,
  views: Readonly<Record<N, View>>,
): Record<N, Viewed> {
  const names = Object.keys(values) as N[];
  const entries = names.map((name) => [name, { value: values[name], view: views[name] }]);
  return Object.fromEntries(entries) as Record<N, Viewed>;
}

/** The optional inputs of a node whose op has an `epilogue`. */
export interface Touches {
  readonly add?: Viewed;
  readonly mask?: Viewed;
}

/** Finds the optional inputs among a node's inputs and views. */
export function touchesOf(
  inputs: Readonly<Record<string, Value>>,
  views: Readonly<Record<string, View>>,
): Touches {
  const placed = (name: string): Viewed | undefined => {
    const [value, view] = [inputs[name], views[name]];
    return value && view && { value, view };
  };
  const [add, mask] = [placed('add'), placed('mask')];
  return { ...(add && { add }), ...(mask && { mask }) };
}

/** Places of the optional inputs of a launch that has none. */
export const UNTOUCHED = { add: undefined, mask: undefined } as const;

/**
 * What a launch with these optional inputs binds, its overrides, and where the inputs lie. A variable always needs a
 * buffer: `standIn` is bound where there is none, and not read.
 */
export function launchTouches({ add, mask }: Touches, standIn: Value | Scratch) {
  return {
    bind: { add: add?.value ?? standIn, mask: mask?.value ?? standIn },
    constants: { ADD: add !== undefined, MASK: mask !== undefined },
    views: { add: add?.view, mask: mask?.view },
  };
}
