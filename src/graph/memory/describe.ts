import { requireObject, requireWhole } from '../../core/check';
import { percent, table } from '../../text/table';
import type { Plan } from '../plan';
import { lowerBound } from './bound';
import { formatBytes } from './format';
import type { MemoryKind, Tenant } from './lifetimes';
import type { Place } from './place';

type PlacedTenant = Tenant & Place;

const KINDS: readonly MemoryKind[] = ['input', 'activation', 'gradient', 'scratch'];

const sumOf = (tenants: readonly Tenant[]): number => tenants.reduce((sum, { bytes }) => sum + bytes, 0);

/** A page of text: how much the slots of a plan take, what for, and who the `count` largest are. */
export function describePlan(plan: Plan, count = 12): string {
  requireObject('describePlan', 'the plan', plan, ['launches', 'slots', 'tenants']);
  requireWhole('describePlan', 'the count', count, 0);
  const { launches, slots, tenants } = plan;
  const planned = slots.reduce((sum, bytes) => sum + bytes, 0);
  const bound = lowerBound(tenants, launches.length);
  const live = tenants.filter(({ first, last }) => first <= bound.dispatch && bound.dispatch <= last);
  const label = launches[bound.dispatch]?.label ?? 'before the first';
  const largest = [...tenants].sort((a, b) => b.bytes - a.bytes).slice(0, count);
  const share = bound.bytes === 0 ? 1 : planned / bound.bytes;
  return [
    `${launches.length} dispatches; slots of ${formatBytes(planned)}, ${share.toFixed(3)} of the lower bound: ` +
      `dispatch ${bound.dispatch} (${label}) needs ${formatBytes(bound.bytes)}`,
    table(
      [
        { title: 'kind', of: (kind) => kind, align: 'left' },
        { title: 'at that dispatch', of: (kind) => formatBytes(sumOf(ofKind(live, kind))) },
        { title: 'values', of: (kind) => `${ofKind(live, kind).length}` },
        { title: 'over the run', of: (kind) => formatBytes(sumOf(ofKind(tenants, kind))) },
        { title: 'values', of: (kind) => `${ofKind(tenants, kind).length}` },
      ],
      KINDS,
    ),
    table(
      [
        { title: 'slot', of: ({ slot }) => `${slot}` },
        { title: 'size', of: ({ bytes }) => formatBytes(bytes) },
        { title: 'values', of: ({ slot }) => `${tenants.filter((tenant) => tenant.slot === slot).length}` },
        {
          title: 'filled at most',
          of: ({ slot, bytes }) => percent(fullest(tenants, launches, slot) / bytes),
        },
      ],
      slots.map((bytes, slot) => ({ slot, bytes })),
    ),
    table<PlacedTenant>(
      [
        { title: 'largest values', of: (tenant) => tenant.label, align: 'left' },
        { title: 'kind', of: ({ kind }) => kind, align: 'left' },
        { title: 'size', of: ({ bytes }) => formatBytes(bytes) },
        { title: 'slot', of: ({ slot }) => `${slot}` },
        { title: 'from', of: ({ offset }) => formatBytes(offset) },
        { title: 'dispatches', of: (tenant) => span(tenant, launches.length) },
      ],
      largest,
    ),
  ].join('\n\n');
}

const ofKind = (tenants: readonly Tenant[], kind: MemoryKind): Tenant[] =>
  tenants.filter((tenant) => tenant.kind === kind);

function fullest(tenants: readonly PlacedTenant[], { length }: Plan['launches'], slot: number): number {
  return lowerBound(
    tenants.filter((tenant) => tenant.slot === slot),
    length,
  ).bytes;
}

const span = ({ first, last }: Tenant, dispatches: number): string =>
  `${first < 0 ? 'before' : first} to ${last >= dispatches ? 'after' : last}`;
