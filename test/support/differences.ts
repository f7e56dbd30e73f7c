import {
  caseGradients,
  caseInputs,
  caseSize,
  caseStep,
  type OpCase,
} from '../../src/ops/cases/support/op_case';
import { get, type RefTensor, type RefTensors } from '../../src/ops/cases/support/tensor';

/** Numbers that go into a case at most: each is moved, and the whole case computed twice. */
const MOST = 300;
/** A thousand times as large, their sums would round too much. */
const LARGEST = 10;

/** True where finite differences make sense: few numbers, none at a kink or beyond, some to differentiate by. */
export const hasDifferences = (each: OpCase): boolean =>
  each.differences.length > 0 &&
  caseSize(each) <= MOST &&
  Object.values(each.inputs).every(
    ({ dtype = 'f32', values = 'uniform', bound = 1, set = {} }) =>
      dtype !== 'f32' || (values === 'uniform' && bound <= LARGEST && Object.keys(set).length === 0),
  );

/** Inner product of the outputs with `d`: the scalar whose gradient backward computes. Positions have no gradient. */
function scalar(outputs: RefTensors, d: RefTensors): number {
  let sum = 0;
  for (const [name, { data }] of Object.entries(d)) {
    const output = get(outputs, name);
    data.forEach((value, index) => (sum += value * (output.data[index] as number)));
  }
  return sum;
}

const STEP_SIZE = 1e-5;

/** The reference's gradient of an input, and central differences of its forward loops. */
export function differencesOf(
  each: OpCase,
  input: string,
): { readonly gradient: RefTensor; readonly differences: RefTensor['data'] } {
  const { reference, attrs } = each;
  const inputs = caseInputs(each);
  const [d, step] = [caseGradients(each), caseStep(each)];
  const forward = (): number => scalar(reference.forward(inputs, attrs as never, step), d);
  const gradient = get(reference.backward(inputs, attrs as never, d, step), input);
  const { data } = get(inputs, input);
  const differences = data.map((value, index) => {
    data[index] = value + STEP_SIZE;
    const above = forward();
    data[index] = value - STEP_SIZE;
    const below = forward();
    data[index] = value;
    return (above - below) / (2 * STEP_SIZE);
  });
  return { gradient, differences };
}
