import type { Value } from '../../src/core/op';
import { sameShape } from '../../src/core/shape';
import type { Graph } from '../../src/graph/graph';
import { TABLES } from '../../src/ops/cases/support/all';
import type { OpTable } from '../../src/ops/cases/support/op_table';
import { opInput } from '../../src/runtime/single_op';
import { Chance } from './fuzz/chance';

/** Not an op: trained variables that lie as what they are added to, joined with, flattened or read by. */
export const ROWS_GUEST = 'trained rows';

/**
 * Ops that random graphs take as guests, from src/ops/cases, and such variables. A graph without one stays as it is,
 * whatever ops there are; with one, the op draws from numbers of its own. So a new op moves no seed.
 */
export const GUESTS: readonly string[] = [
  ...TABLES.filter(({ random }) => typeof random !== 'string').map(({ op }) => op.name),
  ROWS_GUEST,
];

/** Applies a guest here and there while a random graph grows: on average after every other layer. */
export class Guest {
  readonly #table: OpTable | undefined;
  readonly #rows: boolean;
  readonly #chance: Chance;
  #count = 0;

  constructor(name: string | undefined, seed: number) {
    this.#table = TABLES.find(({ op }) => op.name === name);
    this.#rows = name === ROWS_GUEST;
    if (name !== undefined && !this.#table && !this.#rows)
      throw new Error(`random graph: there is no op ${name}`);
    this.#chance = new Chance(`guest ${name ?? 'none'}`, seed);
  }

  /** What it makes of a late value of the pool, if it is there and wants to. */
  visit(graph: Graph, pool: readonly Value[]): Value | undefined {
    const chance = this.#chance;
    if (this.#count > 0 && chance.below(2) === 0) return undefined;
    const value = chance.pick(pool.slice(-3));
    if (this.#rows) {
      const name = `guest${this.#count++}`;
      return graph.variable({ name, shape: value.shape, initial: { draw: 'weight', fanIn: 4 } });
    }
    if (!this.#table || typeof this.#table.random === 'string') return undefined;
    const { op, random } = this.#table;
    const use = random(chance, value.shape);
    if (!use) return undefined;
    const label = `guest${this.#count++}`;
    const { attrs, x = 'x', others = {} } = use;
    const inputs: Record<string, Value> = { [x]: value };
    for (const [input, shape] of Object.entries(others)) {
      const alike = pool.filter((other) => sameShape(other.shape, shape));
      inputs[input] = op.orders?.[input as never]
        ? opInput(graph, op, input, `${label}.${input}`, { shape })
        : chance.pick(alike);
    }
    return Object.values(graph.apply(op, inputs as never, attrs as never, label))[0];
  }
}
