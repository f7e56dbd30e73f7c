import type { Tenant } from './lifetimes';

/** Bytes needed at each dispatch, and before the first one. */
export function liveBytes(tenants: readonly Tenant[], dispatches: number): Float64Array {
  const live = new Float64Array(dispatches + 2);
  for (const { first, last, bytes } of tenants) {
    for (let dispatch = first; dispatch <= last; dispatch++) live[dispatch + 1]! += bytes;
  }
  return live;
}

/** What no plan can do without: the largest sum of bytes that one dispatch needs, and which dispatch that is. */
export function lowerBound(
  tenants: readonly Tenant[],
  dispatches: number,
): { readonly bytes: number; readonly dispatch: number } {
  const live = liveBytes(tenants, dispatches);
  const bytes = live.reduce((a, b) => Math.max(a, b), 0);
  return { bytes, dispatch: live.indexOf(bytes) - 1 };
}
