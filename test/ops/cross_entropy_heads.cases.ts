import { crossEntropyHeads, crossEntropyHeadsGrad } from '../../src/ops/cross_entropy_heads';
import { type CaseInput, type OpCase } from '../support/op_case';
import { gradients, losses } from '../support/reference/cross_entropy_heads';

// As cross_entropy's own: exponentials and logarithms are right to some units of the last place.
const tolerance = { relative: 1e-6, nmse: 1e-12 };

function bothOf(rows: number, classes: number, heads: number): OpCase[] {
  const name = `${heads} heads of ${classes} classes, batch ${rows}`;
  const x: CaseInput = { shape: [rows, heads * classes] };
  const labels: CaseInput = { shape: [rows], dtype: 'u32', values: 'labels', below: classes };
  const dloss = Object.fromEntries(
    Array.from({ length: heads }, (_, head) => [`dloss${head}`, { shape: [] }]),
  );
  const shared = { attrs: { heads }, gradients: [], tolerance };
  return [
    {
      ...shared,
      name: `cross_entropy_heads/${name}`,
      op: crossEntropyHeads,
      inputs: { x, labels },
      reference: losses,
    },
    {
      ...shared,
      name: `cross_entropy_heads_grad/${name}`,
      op: crossEntropyHeadsGrad,
      inputs: { x, labels, ...dloss },
      reference: gradients,
    },
  ];
}

export const cases: readonly OpCase[] = [
  ...bothOf(5, 7, 2),
  ...bothOf(2, 1000, 3),
  ...bothOf(70, 10, 4),
  ...bothOf(3, 65, 1),
];
