// The report as text.
import { table, type Column } from '../report/table';
import { percent } from './analysis';
import { CHIPS } from './compiler';
import type { CompiledKernel, MeasuredLayer } from './measure';
import { FORMS, type Form } from './network';

/** Layers of one form and batch on one chip, taken together. */
export interface Total extends Pick<MeasuredLayer, 'multiplyAdds' | 'issuedMultiplyAdds' | 'slots'> {
  readonly batch: number;
  readonly chip: string;
  readonly form: Form | 'all';
}

export type MeasuredBatch = MeasuredLayer & { readonly batch: number };

const architecture = (chip: string): string =>
  chip in CHIPS ? `${chip} (${CHIPS[chip as keyof typeof CHIPS]})` : chip;

export function totals(layers: readonly MeasuredBatch[]): Total[] {
  const sums = new Map<string, Total>();
  for (const { batch, chip, form, multiplyAdds, issuedMultiplyAdds, slots } of layers) {
    for (const part of [form, 'all'] as const) {
      const key = `${batch} ${chip} ${part}`;
      const old = sums.get(key) ?? {
        batch,
        chip,
        form: part,
        multiplyAdds: 0,
        issuedMultiplyAdds: 0,
        slots: 0,
      };
      sums.set(key, {
        ...old,
        multiplyAdds: old.multiplyAdds + multiplyAdds,
        issuedMultiplyAdds: old.issuedMultiplyAdds + issuedMultiplyAdds,
        slots: old.slots + slots,
      });
    }
  }
  const order: (string | undefined)[] = [...Object.keys(FORMS), 'all'];
  return [...sums.values()].sort(
    (a, b) =>
      a.batch - b.batch || a.chip.localeCompare(b.chip) || order.indexOf(a.form) - order.indexOf(b.form),
  );
}

const formName = (form: Form | 'all'): string => (form === 'all' ? 'training step' : FORMS[form]);

const SHARES: readonly Column<Omit<Total, 'form'>>[] = [
  { title: 'multiply-adds', of: ({ multiplyAdds }) => `${(multiplyAdds / 1e6).toFixed(1)} M` },
  // What tiles compute beyond the tensors' edges; what the machine code issues besides multiply-adds; both.
  { title: 'tiles %', of: (row) => percent(row.multiplyAdds / row.issuedMultiplyAdds) },
  { title: 'code %', of: (row) => percent(row.issuedMultiplyAdds / row.slots) },
  { title: 'FMA/VALU %', of: (row) => percent(row.multiplyAdds / row.slots) },
];

export const totalsTable = (rows: readonly Total[]): string =>
  table<Total>(
    [
      { title: 'batch', of: ({ batch }) => String(batch) },
      { title: 'chip', of: ({ chip }) => architecture(chip), align: 'left' },
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
