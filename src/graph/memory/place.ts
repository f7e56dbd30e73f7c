import { roundUp } from '../../core/shape';
import type { Sliced } from '../../core/slices';
import { slotBytes, type Home } from '../plan';
import type { Lifetimes, Tenant } from './lifetimes';

/** WebGPU binds storage buffers at multiples of 256 bytes. */
const ALIGNMENT = 256;

/** Slot buffers, and where each tenant lies in them. */
export interface Slots {
  /** Bytes of each slot. */
  readonly slots: readonly number[];
  /** Where each tenant lies, by its number. */
  readonly homes: readonly Home[];
}

/** Once there are this many slots, a tenant that fits nowhere makes an old slot longer instead of opening a new one. */
const SLOT_COUNTS = [2, 3, 4, 5, 6];

/**
 * Places tenants in a few slots. Two that are needed at the same time never overlap, and two that must be apart never
 * share a slot. It tries several greedy orders and takes the smallest result: always the same for the same tenants.
 *
 * @param maxSlot bytes that a slot may have; a larger tenant gets one of its own size all the same
 */
export function* placeTenants(
  { tenants, dispatches }: Pick<Lifetimes, 'tenants' | 'dispatches'>,
  maxSlot = Infinity,
): Sliced<Slots> {
  const found: Slots[] = [];
  for (const order of orders(tenants, dispatches)) {
    for (const count of SLOT_COUNTS) {
      found.push(placeInOrder(tenants, order, count, maxSlot));
      yield;
    }
  }
  return found.reduce((best, other) => (slotBytes(other) < slotBytes(best) ? other : best));
}

/** Each tenant in a slot of its own, so that no memory is used twice. */
export const placeApart = ({ tenants }: Pick<Lifetimes, 'tenants'>): Slots => ({
  slots: tenants.map(({ bytes }) => bytes),
  homes: tenants.map(({ bytes }, slot) => ({ buffer: slot, offset: 0, size: bytes })),
});

/** Four orders: the largest first; the largest and longest first, in two mixtures; the earliest first. */
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

/** A tenant in a slot, by its number, from an offset to the next that is a multiple of 256. */
interface Lodger {
  readonly tenant: Tenant;
  readonly number: number;
  readonly offset: number;
  readonly end: number;
}

interface Slot {
  height: number;
  /** By offset. */
  readonly lodgers: Lodger[];
}

/** Places the tenants one by one, each where the slots grow least. */
function placeInOrder(
  tenants: readonly Tenant[],
  order: readonly number[],
  slotCount: number,
  maxSlot: number,
): Slots {
  const slots: Slot[] = [];
  const homes: Home[] = [];
  for (const number of order) {
    const tenant = tenants[number] as Tenant;
    const size = roundUp(tenant.bytes, ALIGNMENT);
    let best: { readonly slot: number; readonly offset: number; readonly growth: number } | undefined;
    slots.forEach(({ height, lodgers }, slot) => {
      const offset = offsetIn(lodgers, tenant, size, height);
      if (offset === undefined || offset + size > maxSlot) return;
      const growth = Math.max(0, offset + size - height);
      if (!best || growth < best.growth) best = { slot, offset, growth };
    });
    if (!best || (best.growth >= size && slots.length < slotCount)) {
      best = { slot: slots.length, offset: 0, growth: size };
      slots.push({ height: 0, lodgers: [] });
    }
    const { slot, offset } = best;
    homes[number] = { buffer: slot, offset, size: tenant.bytes };
    insert(slots[slot] as Slot, { tenant, number, offset, end: offset + size });
  }
  return { slots: slots.map(({ height }) => height), homes };
}

/** Offset of the smallest gap that fits, else the slot's end; undefined if the slot has a tenant that must be apart. */
function offsetIn(
  lodgers: readonly Lodger[],
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
  for (const other of lodgers) {
    if (other.tenant.last < tenant.first || other.tenant.first > tenant.last) continue;
    if (tenant.apart.has(other.number)) return undefined;
    consider(other.offset - end);
    end = Math.max(end, other.end);
  }
  consider(height - end);
  return offset ?? end;
}

function insert(slot: Slot, lodger: Lodger): void {
  const after = slot.lodgers.findIndex(({ offset }) => offset > lodger.offset);
  slot.lodgers.splice(after < 0 ? slot.lodgers.length : after, 0, lodger);
  slot.height = Math.max(slot.height, lodger.end);
}
