// The report as text, and as rows of JSON.
import { table, type Column } from '../../src/text/table';
import type { Family } from './families';
import { sumOf, type MeasuredLayer, type Programs, type Sum } from './measure';
import { FORMS, type Form } from './network';
import type { Program } from './program';

/** What one family makes of the network at one batch. */
export interface Measured {
  readonly family: Family;
  readonly batch: number;
  readonly layers: readonly MeasuredLayer[];
  readonly programs: Programs;
}

/** A form's layers of one family at one batch. */
export interface Row extends Sum {
  readonly family: string;
  readonly batch: number;
  readonly form: string;
  /** Of the kernel that spills most; of several such the one whose layers have the least share. */
  readonly spills: number;
  readonly fills: number;
  readonly kernel: string;
}

export const percent = (share: number): string => (100 * share).toFixed(1);

export function rowsOf({ family, batch, layers, programs }: Measured): Row[] {
  const forms = (Object.keys(FORMS) as Form[]).filter((form) => layers.some((layer) => layer.form === form));
  return forms.map((form) => {
    const own = layers.filter((layer) => layer.form === form);
    const names = [...new Set(own.flatMap(({ kernels }) => kernels))];
    const spillsOf = (name: string): number => programs.get(name)?.spills ?? 0;
    // Kernels that only add up what others left have none.
    const shareOf = (name: string): number =>
      sumOf(own.filter(({ kernels }) => kernels[0] === name)).share || 1;
    const [kernel = ''] = names.sort((a, b) => spillsOf(b) - spillsOf(a) || shareOf(a) - shareOf(b));
    const { spills = 0, fills = 0 } = programs.get(kernel) ?? {};
    return { family: family.name, batch, form: FORMS[form], ...sumOf(own), spills, fills, kernel };
  });
}

const SUM: readonly Column<Sum>[] = [
  { title: 'share %', of: ({ share }) => percent(share) },
  { title: 'tiles %', of: ({ tiles }) => percent(tiles) },
  { title: 'mean %', of: ({ mean }) => percent(mean) },
  { title: 'buffers', of: ({ buffer }) => buffer.toFixed(3) },
  { title: 'workgroup', of: ({ shared }) => shared.toFixed(3) },
  { title: 'turns', of: ({ turns }) => turns.toFixed(2) },
];

export const rowsTable = (rows: readonly Row[]): string =>
  table<Row>(
    [
      { title: 'family', of: ({ family }) => family, align: 'left' },
      { title: 'batch', of: ({ batch }) => String(batch) },
      { title: 'form', of: ({ form }) => form, align: 'left' },
      ...SUM,
      { title: 'spills', of: ({ spills }) => String(spills) },
      { title: 'fills', of: ({ fills }) => String(fills) },
      { title: 'kernel that spills most, or has the least share', of: ({ kernel }) => kernel, align: 'left' },
    ],
    rows,
  );

export const layersTable = (layers: readonly MeasuredLayer[]): string =>
  table<MeasuredLayer>(
    [
      { title: 'form', of: ({ form }) => FORMS[form], align: 'left' },
      { title: 'layer', of: ({ label }) => label, align: 'left' },
      ...SUM.map(({ title, of }) => ({ title, of: (layer: MeasuredLayer) => of(sumOf([layer])) })),
      { title: 'kernel', of: ({ kernels }) => kernels[0] ?? '', align: 'left' },
    ],
    layers,
  );

/** A kernel of one family, with the layers that it multiplies for. */
export interface Kernel extends Omit<Program, 'blocks'>, Partial<Sum> {
  readonly kernel: string;
  readonly batches: readonly number[];
}

export function kernelsOf(measured: readonly Measured[]): Kernel[] {
  const names = new Set(measured.flatMap(({ programs }) => [...programs.keys()]));
  return [...names].sort().map((kernel) => {
    const having = measured.filter(({ programs }) => programs.has(kernel));
    const { lanes, registers, spills, fills, inFlight } = having[0]?.programs.get(kernel) as Program;
    const layers = having.flatMap((each) => each.layers).filter(({ kernels }) => kernels[0] === kernel);
    const sum = layers.length > 0 ? sumOf(layers) : {};
    const batches = [...new Set(having.map(({ batch }) => batch))];
    return { kernel, batches, lanes, registers, spills, fills, inFlight, ...sum };
  });
}

export const kernelsTable = (kernels: readonly Kernel[]): string =>
  table<Kernel>(
    [
      { title: 'batch', of: ({ batches }) => batches.join(), align: 'left' },
      { title: 'registers', of: ({ registers }) => String(registers) },
      { title: 'spills', of: ({ spills }) => String(spills) },
      { title: 'fills', of: ({ fills }) => String(fills) },
      { title: 'lanes', of: ({ lanes }) => String(lanes) },
      { title: 'in flight', of: ({ inFlight }) => String(inFlight) },
      { title: 'share %', of: ({ share }) => (share === undefined ? '' : percent(share)) },
      { title: 'buffers', of: ({ buffer }) => buffer?.toFixed(3) ?? '' },
      { title: 'workgroup', of: ({ shared }) => shared?.toFixed(3) ?? '' },
      { title: 'kernel', of: ({ kernel }) => kernel, align: 'left' },
    ],
    kernels,
  );
