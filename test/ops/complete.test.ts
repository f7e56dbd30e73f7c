// An op that the public face has must be everywhere: here each is named where it is missing. No GPU.
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/core/errors';
import type { Op, TensorSpec } from '../../src/core/op';
import { channelsOf } from '../../src/core/rows';
import * as face from '../../src/index';
import { FILES, TABLES } from '../../src/ops/cases/support/all';
import { caseOutputs, caseResults, caseSize, type OpCase } from '../../src/ops/cases/support/op_case';
import type { OpTable } from '../../src/ops/cases/support/op_table';
import { singleOpGraph } from '../../src/runtime/single_op';
import { hasDifferences } from '../support/differences';
import { foldedCase } from '../support/folded';
import { GUESTS } from '../support/guest';
import { layerName } from '../support/layer_name';
import { planGraph } from '../support/simulate';
import { PYTORCH_OPS } from '../support/pytorch_fixtures';

const isOp = (value: unknown): value is Op => typeof value === 'object' && value !== null && 'infer' in value;

/** Every op that a file in src/ops exports, by name, and the text of the file. */
const modules = import.meta.glob<Record<string, unknown>>('../../src/ops/*.ts', { eager: true });
const texts = import.meta.glob<string>('../../src/ops/*.ts', {
  eager: true,
  query: '?raw',
  import: 'default',
});
const written = Object.entries(modules).flatMap(([path, exports]) =>
  Object.entries(exports).flatMap(([name, op]) => (isOp(op) ? [{ name, op, text: texts[path] ?? '' }] : [])),
);

const net = face.layers(new face.Graph());
const tableOf = (op: Op): OpTable | undefined => TABLES.find((table) => table.op === op);
const shown = Object.entries(face).flatMap(([name, op]) =>
  isOp(op) ? [{ name, op, table: tableOf(op) }] : [],
);
/** A rewrite makes them of others. */
const whole = shown.filter(({ name }) => !name.endsWith('Fused'));

const inputsOf = ({ inputs }: OpCase): TensorSpec[] =>
  Object.values(inputs).map(({ shape, dtype = 'f32' }) => ({ shape, dtype }));
const some = (table: OpTable | undefined, is: (each: OpCase) => boolean): boolean =>
  (table?.cases ?? []).some(is);

/** The doc comment before an op ends right above it, and has a formula. */
function isDescribed({ name, op }: { readonly name: string; readonly op: Op }): boolean {
  const { text = '' } = written.find((each) => each.op === op) ?? {};
  const [, comment = ''] =
    new RegExp(String.raw`/\*\*((?:(?!\*/)[^])*)\*/\nexport const ${name}: Op`).exec(text) ?? [];
  return comment.includes('=');
}

type Shown = (typeof shown)[number];

const PLACES: Readonly<Record<string, (each: Shown) => boolean>> = {
  'a table in src/ops/cases': ({ table }) => table !== undefined,
  'a file of cases by its own name': ({ op, table }) =>
    Object.values(FILES).some((tables) => tables.includes(table as OpTable)) &&
    (op.name in FILES || op.name.endsWith('_fused')),
  'the names of its attributes': ({ name, op }) => name.endsWith('Fused') || op.attributes !== undefined,
  'a case in vectors of 4 channels': ({ table, op }) =>
    op.name === 'pixels' ||
    some(table, (each) => inputsOf(each).some((x) => x.shape.length > 1 && channelsOf(x) % 4 === 0)),
  'a case of channels that are no multiple of 4': ({ table }) =>
    some(table, (each) => inputsOf(each).some((x) => x.shape.length > 1 && channelsOf(x) % 4 !== 0)),
  'a case of one channel, or of one number': ({ table, name }) =>
    name.endsWith('Fused') || some(table, (each) => inputsOf(each).some((x) => channelsOf(x) === 1)),
  'a case that the doctor runs': ({ table, op }) =>
    some(table, ({ doctor }) => doctor !== undefined) || ['conv2d', 'conv2d_fused'].includes(op.name),
  'every gradient checked': ({ table, op }) =>
    !op.backward ||
    some(table, ({ gradients, inputs }) =>
      Object.entries(inputs).every(
        ([name, { dtype = 'f32' }]) => dtype !== 'f32' || gradients.includes(name),
      ),
    ),
  'finite differences for all that it differentiates by': ({ table, op }) =>
    op.backward === undefined ||
    some(
      table,
      (each) => hasDifferences(each) && each.gradients.every((name) => each.differences.includes(name)),
    ),
  "PyTorch's numbers, or a reason why not": ({ table }) =>
    table?.noTorch !== undefined ||
    Object.values(PYTORCH_OPS).some((cases) =>
      cases.some(({ name }) => some(table, (each) => each.name === name)),
    ),
  'a case that needs folded workgroups, where it launches any': ({ table, op }) =>
    /^conv2d|^linear|^flatten/.test(op.name) || (table !== undefined && foldedCase(table) !== undefined),
  'a layer in src/models/layers.ts, or a reason why not': ({ table }) =>
    table !== undefined && (typeof table.layer === 'string' || layerName(table) in net),
  'a part in random graphs, or a reason why not': ({ table, op }) =>
    typeof table?.random === 'string' || GUESTS.includes(op.name),
  'a doc comment with its formula': isDescribed,
};

describe('each op of the public face has', () => {
  it.each(Object.entries(PLACES))('%s', (_what, has) => {
    expect(shown.filter((each) => !has(each)).map(({ name }) => name)).toEqual([]);
  });
});

describe('no op is forgotten', () => {
  it('each that is a layer is in src/index.ts', () => {
    const layers = TABLES.filter(({ layer }) => typeof layer !== 'string');
    expect(layers.filter(({ op }) => !shown.some((each) => each.op === op)).map(({ op }) => op.name)).toEqual(
      [],
    );
  });

  it('each file of cases is about an op of its name', () => {
    const names = TABLES.map(({ op }) => op.name);
    expect(Object.keys(FILES).filter((file) => !names.includes(file))).toEqual([]);
  });

  it('each that a file in src/ops exports is run by a case', () => {
    const run = new Set<string>();
    for (const { op, attrs, inputs, gradients } of TABLES.flatMap(({ cases }) => cases)) {
      if (caseSize({ inputs }) > 5000) continue;
      const { graph } = singleOpGraph(op, attrs as never, { inputs, gradients });
      for (const node of [...graph.nodes, ...planGraph(graph).nodes]) run.add(node.op.name);
    }
    expect(written.filter(({ op }) => !run.has(op.name)).map(({ name }) => name)).toEqual([]);
  });

  it('case names differ', () => {
    const names = TABLES.flatMap(({ cases }) => cases.map(({ name }) => name));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('PyTorch has computed each case that says how', () => {
    const known = Object.values(PYTORCH_OPS).flatMap((cases) => cases.map(({ name }) => name));
    const asked = TABLES.flatMap(({ cases }) => cases.filter(({ torch }) => torch).map(({ name }) => name));
    expect(known.sort(), 'else run test/fixtures/make_fixtures.py ops').toEqual(asked.sort());
  });
});

describe.each(whole)('$name', ({ op, table }) => {
  const [least] = [...(table?.cases ?? [])].sort((a, b) => caseSize(a) - caseSize(b)) as [OpCase];
  const specs: Record<string, TensorSpec> = Object.fromEntries(
    Object.entries(least.inputs).map(([name, { shape, dtype = 'f32' }]) => [name, { shape, dtype }]),
  );
  const infer = (changed: Readonly<Record<string, TensorSpec>>) => () =>
    (op as Op).infer('layer', { ...specs, ...changed }, least.attrs as never);

  it('infers the shapes that its reference computes', () => {
    const right = caseResults({ ...least, gradients: [] });
    const shapes = Object.entries(caseOutputs(least)).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toEqual(
      Object.fromEntries(Object.entries(right).map(([name, { shape }]) => [name, shape])),
    );
  });

  it.each(Object.keys(specs))('refuses %s of another type or rank, by the name of the layer', (input) => {
    const { shape, dtype } = specs[input] as TensorSpec;
    const other = infer({ [input]: { shape, dtype: dtype === 'f32' ? 'u32' : 'f32' } });
    expect(other).toThrow(ValueError);
    expect(other).toThrow(/^layer: /);
    const rank3 = infer({ [input]: { shape: [2, 3, 4], dtype } });
    expect(rank3).toThrow(ShapeError);
    expect(rank3).toThrow(/^layer: /);
  });
});
