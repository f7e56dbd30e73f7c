import type { Value, View } from '../core/op';
import type { Engine } from '../gpu/engine';
import type { Graph } from '../graph/graph';

/** Where an input of a program lies: `buffer` and `offset` in bytes, and inside of that the view, in elements. */
export interface InputPlace {
  readonly value: Value;
  readonly view: View;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** What fills an input without arrays: `fromBuffer` and `fromImages` make it. */
export interface InputSource {
  readonly engine: Engine;
  /** @internal `checkSource`, which only programs with a source carry. */
  readonly check: (
    program: { readonly graph: Graph; readonly engine: Engine },
    name: string,
    source: InputSource,
  ) => Value;
  /**
   * @internal How many images (rows of the first axis) it has for an input like this.
   * @throws {ValueError | ShapeError} unless it fits
   */
  count(where: string, value: Value): number;
  /** @internal Fills the input with images from `first` on, and zeros where there are no more. Rejects if the device refuses. */
  write(to: InputPlace, first: number): Promise<void>;
}

export const isSource = (given: unknown): given is InputSource =>
  typeof given === 'object' && given !== null && 'write' in given && 'count' in given;

/** So many images of a source, from one of them on, and zeros where there are no more. */
export const sourceFrom = (source: InputSource, from: number, count: number): InputSource => ({
  engine: source.engine,
  check: source.check,
  count: () => count,
  write: (to, first) => source.write(to, from + first),
});
