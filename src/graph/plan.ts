import type { Launch, GraphNode, Value, View } from '../core/op';
import type { Layout } from './layout';
import type { LoweredLaunch } from './lower';
import type { Tenant } from './memory/lifetimes';
import type { Recomputed } from './recompute/again';

/** A range of a buffer, in bytes: what a launch binds. Inside it a `View` says where a value lies. */
export interface Home {
  /** A slot of the plan by number, its `tables`, or by name a flat buffer that outlives it. */
  readonly buffer: number | string;
  readonly offset: number;
  readonly size: number;
}

export interface BoundLaunch extends Launch {
  readonly label: string;
  readonly part: 'forward' | 'backward';
  readonly homes: Readonly<Record<string, Home>>;
}

export interface PlannedLaunch extends BoundLaunch, LoweredLaunch {}

/** Everything a program needs, as data: launches in order, and where each value lives. */
export interface Plan {
  /** What is lowered: the graph's nodes after the rewrites. */
  readonly nodes: readonly GraphNode[];
  /** How many of them, from the first on, are the forward part. */
  readonly forwardNodes: number;
  /** What the backward part computes a second time; see `compile`. */
  readonly recomputed?: Recomputed;
  /** @internal What shares memory. */
  readonly layout: Layout;
  /** @internal */
  readonly launches: readonly PlannedLaunch[];
  /** Bytes of each slot buffer. */
  readonly slots: readonly number[];
  /** @internal Who lives in the slots, where and when. */
  readonly tenants: readonly (Tenant & { readonly home: Home })[];
  /** @internal What the buffer of tables holds. */
  readonly tables: Uint32Array<ArrayBuffer>;
  /** @internal Where a value can be read after a run; undefined if its memory was used again. */
  home(value: Value): { readonly home: Home; readonly view: View } | undefined;
}

/** Bytes of all slots: activations, gradients of activations and working memory. */
export const slotBytes = ({ slots }: Pick<Plan, 'slots'>): number =>
  slots.reduce((sum, bytes) => sum + bytes, 0);
