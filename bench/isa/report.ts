// The report as text.
import { table, type Column } from '../../src/text/table';
import { percent } from './analysis';
import { CHIPS } from './compiler';
import type { CompiledKernel, MeasuredLayer, Slots } from './measure';
import { FORMS, type Form } from './network';

/** Layers of one form and batch on one chip, taken together. */
export interface Total extends Slots {
  readonly batch: number;
  readonly chip: string;
  readonly by: string;
  readonly form: Form | 'all';
}

/** A layer, at a batch, by the kernel of that name where there is one, or by what the engine's rule takes. */
export type MeasuredBatch = MeasuredLayer & { readonly batch: number; readonly by: string };

export const RULE = 'rule';

const architecture = (chip: string): string =>
  chip in CHIPS ? `${chip} (${CHIPS[chip as keyof typeof CHIPS]})` : chip;

const SLOTS = ['direct', 'multiplyAdds', 'issuedMultiplyAdds', 'slots', 'transforms'] as const;

export function totals(layers: readonly MeasuredBatch[]): Total[] {
  const sums = new Map<string, Total>();
  for (const layer of layers) {
    const { batch, chip, by, form } = layer;
    // One kernel makes no whole step.
    for (const part of by === RULE ? ([form, 'all'] as const) : [form]) {
      const key = [batch, chip, by, part].join();
      const old: Partial<Total> = sums.get(key) ?? {};
      const added = Object.fromEntries(SLOTS.map((name) => [name, (old[name] ?? 0) + layer[name]]));
      sums.set(key, { batch, chip, by, form: part, ...(added as unknown as Slots) });
    }
  }
  const order: (string | undefined)[] = [...Object.keys(FORMS), 'all'];
  const kernels = [...new Set(layers.map(({ by }) => by))];
  return [...sums.values()].sort(
    (a, b) =>
      a.batch - b.batch ||
      a.chip.localeCompare(b.chip) ||
      kernels.indexOf(a.by) - kernels.indexOf(b.by) ||
      order.indexOf(a.form) - order.indexOf(b.form),
  );
}

const formName = (form: Form | 'all'): string => (form === 'all' ? 'training step' : FORMS[form]);

const SHARES: readonly Column<Slots>[] = [
  { title: 'multiply-adds', of: ({ multiplyAdds }) => `${(multiplyAdds / 1e6).toFixed(1)} M` },
  // What tiles compute beyond the tensors' edges; what the machine code issues besides multiply-adds; both.
  { title: 'tiles %', of: (row) => percent(row.multiplyAdds / row.issuedMultiplyAdds) },
  { title: 'code %', of: (row) => percent(row.issuedMultiplyAdds / row.slots) },
  { title: 'FMA/VALU %', of: (row) => percent(row.multiplyAdds / row.slots) },
  // For each multiply-add of the layer's formula: instructions of transforms, and all of them.
  {
    title: 'transforms',
    of: ({ transforms, direct }) => (transforms === 0 ? '' : (transforms / direct).toFixed(3)),
  },
  { title: 'VALU/direct', of: ({ slots, transforms, direct }) => ((slots + transforms) / direct).toFixed(3) },
];

export const totalsTable = (rows: readonly Total[]): string =>
  table<Total>(
    [
      { title: 'batch', of: ({ batch }) => String(batch) },
      { title: 'chip', of: ({ chip }) => architecture(chip), align: 'left' },
      { title: 'kernels', of: ({ by }) => by, align: 'left' },
      { title: 'form', of: ({ form }) => formName(form), align: 'left' },
      ...SHARES,
    ],
    rows,
  );

export const layersTable = (rows: readonly MeasuredBatch[]): string =>
  table<MeasuredBatch>(
    [
      { title: 'batch', of: ({ batch }) => String(batch) },
      { title: 'chip', of: ({ chip }) => chip, align: 'left' },
      { title: 'kernels', of: ({ by }) => by, align: 'left' },
      { title: 'form', of: ({ form }) => FORMS[form], align: 'left' },
      { title: 'layer', of: ({ label }) => label, align: 'left' },
      ...SHARES,
      { title: 'kernel', of: ({ kernel }) => kernel.replaceAll('"', ''), align: 'left' },
    ],
    rows,
  );

export const kernelsTable = (rows: readonly CompiledKernel[]): string =>
  table<CompiledKernel>(
    [
      { title: 'chip', of: ({ chip }) => chip, align: 'left' },
      { title: 'taken by', of: ({ byRule }) => (byRule ? RULE : 'tuner'), align: 'left' },
      { title: 'VGPRs', of: ({ vgprs }) => String(vgprs) },
      { title: 'spilled', of: ({ spilled }) => String(spilled) },
      { title: 'scratch B', of: ({ scratchBytes }) => String(scratchBytes) },
      { title: 'LDS B', of: ({ ldsBytes }) => String(ldsBytes) },
      { title: 'wave', of: ({ lanes }) => String(lanes) },
      { title: 'waves/SIMD', of: ({ wavesPerSimd }) => String(wavesPerSimd) },
      { title: 'FMA/VALU %', of: ({ density }) => (density === undefined ? '' : percent(density)) },
      { title: 'kernel', of: ({ kernel }) => kernel.replaceAll('"', ''), align: 'left' },
    ],
    rows,
  );
