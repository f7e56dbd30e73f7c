import { FILES } from '../../src/ops/cases/support/all';
import { caseGradients, caseInputs, type OpCase } from '../../src/ops/cases/support/op_case';
import type { RefTensor } from '../../src/ops/cases/support/tensor';

/** Numbers as PyTorch is to get them: float64, row-major, in base64. */
const numbers = ({ shape, data }: RefTensor) => ({
  shape,
  data: Buffer.from(Float64Array.from(data).buffer).toString('base64'),
});

/** The first output is the one that the call gives. */
export function exported(opCase: OpCase) {
  const { name, torch, gradients, inputs: specs } = opCase;
  const inputs = Object.entries(caseInputs(opCase)).map(([input, tensor]) => [
    input,
    {
      ...numbers(tensor),
      whole: specs[input]?.dtype === 'u32',
      differentiated: gradients.includes(input),
    },
  ]);
  const [arriving] = Object.entries(caseGradients(opCase));
  const output = arriving?.[0] ?? 'y';
  return {
    name,
    torch,
    inputs: Object.fromEntries(inputs) as unknown,
    output,
    ...(arriving && { gradient: numbers(arriving[1]) }),
  };
}

export function main(): Promise<number> {
  const all = Object.entries(FILES).flatMap(([file, tables]) => {
    const cases = tables.flatMap((table) => table.cases).filter(({ torch }) => torch !== undefined);
    return cases.length > 0 ? [[file, cases.map(exported)] as const] : [];
  });
  process.stdout.write(JSON.stringify(Object.fromEntries(all)));
  return Promise.resolve(0);
}
