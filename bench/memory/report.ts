import { MEMORY_USES } from '../../src/graph/memory/estimate';
import { formatBytes } from '../../src/graph/memory/format';
import { table, type Column } from '../../src/text/table';
import type { MemoryRow } from './networks';

const TITLES = { infer: 'inference', train: 'training step' } as const;

const COLUMNS: readonly Column<MemoryRow>[] = [
  { title: 'run', of: ({ mode }) => TITLES[mode], align: 'left' },
  { title: 'batch', of: ({ batch }) => `${batch}` },
  { title: 'dispatches', of: ({ memory }) => `${memory.plan.launches.length}` },
  { title: 'submits', of: ({ submits }) => `${submits}` },
  { title: 'lower bound', of: ({ memory }) => formatBytes(memory.lowerBound) },
  { title: 'planned', of: ({ memory }) => formatBytes(memory.total) },
  { title: 'ratio', of: ({ memory }) => (memory.total / memory.lowerBound).toFixed(3) },
  { title: 'slots', of: ({ memory }) => `${memory.plan.slots.length}` },
  {
    title: 'largest binding',
    of: ({ memory: { largest } }) => `${largest.label} ${formatBytes(largest.bytes)}`,
  },
  { title: 'planned in', of: ({ milliseconds }) => `${milliseconds.toFixed(0)} ms` },
];

/** A line for each network: what it takes at least, and what is planned for it. */
export const memoryTable = (rows: readonly MemoryRow[]): string => table(COLUMNS, rows);

/** By what the memory is for. */
export const usesTable = (rows: readonly MemoryRow[]): string =>
  table<MemoryRow>(
    [
      { title: 'run', of: ({ mode }) => TITLES[mode], align: 'left' },
      { title: 'batch', of: ({ batch }) => `${batch}` },
      ...MEMORY_USES.map((use): Column<MemoryRow> => ({
        title: use,
        of: ({ memory }) => formatBytes(memory.bytes[use]),
      })),
    ],
    rows,
  );

/** The same as plain data. */
export const memoryData = ({ mode, batch, memory, submits, milliseconds }: MemoryRow): object => {
  const { bytes, total, lowerBound, largest, plan } = memory;
  const { slots, launches } = plan;
  const ratio = total / lowerBound;
  return {
    mode,
    batch,
    dispatches: launches.length,
    submits,
    lowerBound,
    total,
    ratio,
    bytes,
    slots,
    largest,
    milliseconds,
  };
};
