import { requireObject, requireWhole } from '../../core/check';
import { percent, table } from '../../text/table';
import { slotBytes, type Plan } from '../plan';
import { MEMORY_USES, type MemoryEstimate } from './estimate';
import { formatBytes } from './format';
import { lowerBound, type MemoryKind, type Tenant } from './lifetimes';

const KINDS: readonly MemoryKind[] = ['input', 'activation', 'gradient', 'scratch'];

const sumOf = (tenants: readonly Tenant[]): number => tenants.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * A page of text: how much the slots of a plan take, what for, and who the `count` largest are.
 * @throws {ValueError} unless it is given a plan, and a whole number
 */
export function describePlan(plan: Plan, count = 12): string {
  requireObject('describePlan', 'the plan', plan, ['launches', 'slots', 'tenants']);
  requireWhole('describePlan', 'the count', count, 0);
  const { launches, slots, tenants } = plan;
  const planned = slotBytes(plan);
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
        { title: 'values', of: ({ slot }) => `${inSlot(tenants, slot).length}` },
        {
          title: 'filled at most',
          of: ({ slot, bytes }) => percent(lowerBound(inSlot(tenants, slot), launches.length).bytes / bytes),
        },
      ],
      slots.map((bytes, slot) => ({ slot, bytes })),
    ),
    table<Plan['tenants'][number]>(
      [
        { title: 'largest values', of: (tenant) => tenant.label, align: 'left' },
        { title: 'kind', of: ({ kind }) => kind, align: 'left' },
        { title: 'size', of: ({ bytes }) => formatBytes(bytes) },
        { title: 'slot', of: ({ home }) => `${home.buffer}` },
        { title: 'from', of: ({ home }) => formatBytes(home.offset) },
        { title: 'dispatches', of: (tenant) => span(tenant, launches.length) },
      ],
      largest,
    ),
  ].join('\n\n');
}

const ofKind = (tenants: readonly Tenant[], kind: MemoryKind): Tenant[] =>
  tenants.filter((tenant) => tenant.kind === kind);

const inSlot = (tenants: Plan['tenants'], slot: number): Tenant[] =>
  tenants.filter(({ home }) => home.buffer === slot);

const span = ({ first, last }: Tenant, dispatches: number): string =>
  `${first < 0 ? 'before' : first} to ${last >= dispatches ? 'after' : last}`;

const USE_NAMES: Readonly<Record<(typeof MEMORY_USES)[number], string>> = {
  weights: 'weights',
  weightGradients: 'their gradients',
  optimizer: 'optimizer state',
  inputs: 'inputs',
  activations: 'activations',
  gradients: "activations' gradients",
  scratch: 'scratch',
  unused: 'unused',
  tables: 'uniforms and tables',
  staging: 'staging',
};

/**
 * A sentence: `1.07 GB of GPU memory: weights 53.5 MB, ...; the largest binding is conv1 with 103 MB`.
 * @throws {ValueError} unless it is given an estimate
 */
export function formatEstimate(memory: Omit<MemoryEstimate, 'plan'>): string {
  requireObject('formatEstimate', 'the estimate', memory, ['bytes', 'total', 'largest']);
  const { bytes, total, largest } = memory;
  const parts = MEMORY_USES.filter((use) => bytes[use] > 0).map(
    (use) => `${USE_NAMES[use]} ${formatBytes(bytes[use])}`,
  );
  const { label } = largest;
  return (
    `${formatBytes(total)} of GPU memory: ${parts.join(', ')}; ` +
    `the largest binding is ${label} with ${formatBytes(largest.bytes)}`
  );
}
