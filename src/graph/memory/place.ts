import { roundUp } from '../../core/shape';
import { atOnce, type Sliced } from '../../core/slices';
import type { Lifetimes, Tenant } from './lifetimes';

/** WebGPU binds storage buffers at multiples of 256 bytes. */
const ALIGNMENT = 256;

export interface Place {
  readonly slot: number;
  /** In bytes. */
  readonly offset: number;
}

export interface Placement {
  /** Where each tenant lies, by its number. */
  readonly places: readonly Place[];
  /** Bytes of each slot. */
  readonly slots: readonly number[];
}

/** From this many slots on, one that would have to grow by a whole tenant is preferred to a new one. */
const SLOT_COUNTS = [2, 3, 4, 5, 6];

/**
 * Gives tenants places in a few slots, so that none overlaps another one of the same time, nor lies in one slot with
 * one that it must be apart from. The smallest of several greedy placements, always the same for the same tenants.
 *
 * @param maxSlot bytes that a slot may have; a larger tenant gets one of its own size all the same
 */
export const placeTenants = (lifetimes: Lifetimes, maxSlot = Infinity): Placement =>
  atOnce(placeTenantsInSlices(lifetimes, maxSlot));

/** See `placeTenants`. */
export function* placeTenantsInSlices(
  { tenants, dispatches }: Lifetimes,
  maxSlot: number,
): Sliced<Placement> {
  const placements: Placement[] = [];
  for (const order of orders(tenants, dispatches)) {
    for (const count of SLOT_COUNTS) {
      placements.push(placeInOrder(tenants, order, count, maxSlot));
      yield;
    }
  }
  return placements.reduce((best, other) => (totalOf(other) < totalOf(best) ? other : best));
}

/** A slot for each: nothing is used twice. */
export const placeApart = (tenants: readonly Tenant[]): Placement => ({
  places: tenants.map((_, slot) => ({ slot, offset: 0 })),
  slots: tenants.map(({ bytes }) => bytes),
});

const totalOf = ({ slots }: Placement): number => slots.reduce((sum, bytes) => sum + bytes, 0);

/** Whoever is hard to place comes first: large ones, or those that are also there for long, in two mixtures. */
function orders(tenants: readonly Tenant[], dispatches: number): number[][] {
  const weights: ((tenant: Tenant) => number)[] = [
    ({ bytes }) => bytes,
    ({ bytes, first, last }) => bytes * (last - first + 1),
    ({ bytes, first, last }) => bytes * (last - first + dispatches / 4),
    ({ first }) => -first,
  ];
  return weights.map((weight) => {
    const weighed = tenants.map((tenant, number) => ({ number, weight: weight(tenant) }));
    return weighed.sort((a, b) => b.weight - a.weight || a.number - b.number).map(({ number }) => number);
  });
}

interface Placed extends Place {
  readonly tenant: Tenant;
  readonly number: number;
  readonly end: number;
}

interface Slot {
  height: number;
  /** By offset. */
  readonly placed: Placed[];
}

/** Puts one after the other where the slots grow least. */
function placeInOrder(
  tenants: readonly Tenant[],
  order: readonly number[],
  slotCount: number,
  maxSlot: number,
): Placement {
  const slots: Slot[] = [];
  const places: Place[] = [];
  for (const number of order) {
    const tenant = tenants[number] as Tenant;
    const size = roundUp(tenant.bytes, ALIGNMENT);
    let best: (Place & { readonly growth: number }) | undefined;
    slots.forEach(({ height, placed }, slot) => {
      const offset = offsetIn(placed, tenant, size, height);
      if (offset === undefined || offset + size > maxSlot) return;
      const growth = Math.max(0, offset + size - height);
      if (!best || growth < best.growth) best = { slot, offset, growth };
    });
    if (!best || (best.growth >= size && slots.length < slotCount)) {
      best = { slot: slots.length, offset: 0, growth: size };
      slots.push({ height: 0, placed: [] });
    }
    const { slot, offset } = best;
    places[number] = { slot, offset };
    insert(slots[slot] as Slot, { slot, offset, end: offset + size, tenant, number });
  }
  return { places, slots: slots.map(({ height }) => height) };
}

/** The tightest gap among those there at the same time, else the end; undefined if one of them must be apart. */
function offsetIn(
  placed: readonly Placed[],
  tenant: Tenant,
  size: number,
  height: number,
): number | undefined {
  let end = 0;
  let tightest = Infinity;
  let offset: number | undefined;
  const consider = (gap: number): void => {
    if (gap < size || gap >= tightest) return;
    tightest = gap;
    offset = end;
  };
  for (const other of placed) {
    if (other.tenant.last < tenant.first || other.tenant.first > tenant.last) continue;
    if (tenant.apart.has(other.number)) return undefined;
    consider(other.offset - end);
    end = Math.max(end, other.end);
  }
  consider(height - end);
  return offset ?? end;
}

function insert(slot: Slot, placed: Placed): void {
  const after = slot.placed.findIndex(({ offset }) => offset > placed.offset);
  slot.placed.splice(after < 0 ? slot.placed.length : after, 0, placed);
  slot.height = Math.max(slot.height, placed.end);
}
