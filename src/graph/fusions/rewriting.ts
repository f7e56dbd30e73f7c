import type { GraphNode, TensorSpec, Value } from '../../core/op';
import type { flatPlaces } from '../flat';

/** What a fusion may know besides the nodes. */
export interface FusionContext {
  /** Values that must exist after a run: no rewrite may make them vanish. */
  readonly kept: ReadonlySet<Value>;
  /** Where a variable, or the whole gradient of one, lies in a flat buffer. */
  readonly placeOf: ReturnType<typeof flatPlaces>;
  /** The variable of which a value is the whole gradient. */
  readonly variableOf: (gradient: Value) => Value | undefined;
}

/** A rewrite of a list of nodes into one that computes the same values with fewer dispatches. */
export type Fusion = (nodes: readonly GraphNode[], context: FusionContext) => GraphNode[];

/**
 * A list of nodes under change. Places in the list are numbers that stay what they are while nodes are replaced, so
 * that `a < b` says what runs first.
 */
export class Rewriting {
  readonly #places: (readonly GraphNode[])[];
  readonly #kept: ReadonlySet<Value>;
  readonly #producers = new Map<Value, number>();
  /** Places that read a value, as often as they do. */
  readonly #readers = new Map<Value, number[]>();
  #nextId: number;

  constructor(nodes: readonly GraphNode[], { kept }: Pick<FusionContext, 'kept'>) {
    this.#kept = kept;
    this.#places = nodes.map((node) => [node]);
    const values = nodes.flatMap(({ inputs, outputs }) => [
      ...Object.values(inputs),
      ...Object.values(outputs),
    ]);
    this.#nextId = values.reduce((largest, { id }) => Math.max(largest, id), -1) + 1;
    this.#places.forEach((_, place) => this.#enter(place));
  }

  /** Places and nodes as they stand now, in order. */
  *entries(): Generator<readonly [place: number, node: GraphNode]> {
    for (let place = 0; place < this.#places.length; place++) {
      for (const node of this.#places[place] ?? []) yield [place, node];
    }
  }

  /** The node at a place that holds one. */
  at(place: number): GraphNode | undefined {
    return this.#places[place]?.length === 1 ? this.#places[place][0] : undefined;
  }

  /** The place that computes a value; -1 for what is there before all nodes. */
  producer(value: Value): number {
    return this.#producers.get(value) ?? -1;
  }

  readers(value: Value): readonly number[] {
    return this.#readers.get(value) ?? [];
  }

  /** The only place that reads a value which nobody else needs, and which is no input of it twice. */
  soleReader(value: Value): number | undefined {
    const readers = this.readers(value);
    return readers.length === 1 && !this.#kept.has(value) ? readers[0] : undefined;
  }

  isKept(value: Value): boolean {
    return this.#kept.has(value);
  }

  /** Puts other nodes, or none, in the place of what is there. */
  replace(place: number, ...nodes: readonly GraphNode[]): void {
    for (const { inputs, outputs } of this.#places[place] ?? []) {
      for (const value of Object.values(outputs)) {
        // Another place may have taken over what this one computed.
        if (this.#producers.get(value) === place) this.#producers.delete(value);
      }
      for (const value of Object.values(inputs)) {
        const readers = this.#readers.get(value) ?? [];
        const index = readers.indexOf(place);
        this.#readers.set(value, readers.toSpliced(index, 1));
      }
    }
    this.#places[place] = nodes;
    this.#enter(place);
  }

  /** A value that no graph knows. */
  value({ shape, dtype, plane }: TensorSpec, label: string): Value {
    return { shape, dtype, ...(plane && { plane }), id: this.#nextId++, label, role: 'computed' };
  }

  get nodes(): GraphNode[] {
    return this.#places.flat();
  }

  #enter(place: number): void {
    for (const { inputs, outputs } of this.#places[place] ?? []) {
      for (const value of Object.values(outputs)) this.#producers.set(value, place);
      for (const value of Object.values(inputs)) {
        this.#readers.set(value, [...(this.#readers.get(value) ?? []), place]);
      }
    }
  }
}

/** True if a node applies this op. */
export const applies = (node: GraphNode | undefined, op: unknown): node is GraphNode => node?.op === op;
