// A whole graph in float64: each node by its op's own loops, gradients added up where a value is read twice. Knows
// nothing of `differentiate`, layouts or plans.
import type { Value } from '../../../src/core/op';
import type { Step } from '../../../src/core/step';
import type { Graph } from '../../../src/graph/graph';
import { TABLES } from '../../../src/ops/cases/support/all';
import { zip, type Reference, type RefTensor, type RefTensors } from '../../../src/ops/cases/support/tensor';

const REFERENCES = new Map(TABLES.map(({ op, reference }) => [op.name, reference]));

export interface GraphReference {
  readonly values: ReadonlyMap<Value, RefTensor>;
  readonly gradients: ReadonlyMap<Value, RefTensor>;
}

/** The definition. */
export const exact = (tensor: RefTensor): RefTensor => tensor;

/** What any implementation in float32 may come to. */
export const toFloat32: typeof exact = ({ shape, data }) => ({ shape, data: Float32Array.from(data) });

/**
 * Runs the forward part of a graph on `given` inputs and parameters, and differentiates `loss`.
 * @param to the precision of each tensor on the way, and of the sums in it
 */
export function runReference(
  graph: Graph,
  given: ReadonlyMap<Value, RefTensor>,
  loss: { readonly value: Value; readonly weight: number },
  step: Step,
  to = exact,
): GraphReference {
  const nodes = graph.nodes.slice(0, graph.forwardNodes);
  const values = new Map([...given].map(([value, tensor]) => [value, to(tensor)]));
  const gradients = new Map<Value, RefTensor>();
  const inputsOf = (inputs: Readonly<Record<string, Value>>): RefTensors =>
    Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, values.get(value) as RefTensor]));
  const referenceOf = (name: string): Reference => {
    const found = REFERENCES.get(name);
    if (!found) throw new Error(`reference: none for ${name}`);
    return found;
  };
  for (const { op, inputs, outputs, attrs } of nodes) {
    const found = referenceOf(op.name).forward(inputsOf(inputs), attrs as never, step);
    for (const [name, value] of Object.entries(outputs)) values.set(value, to(found[name] as RefTensor));
  }
  gradients.set(loss.value, to({ shape: [], data: Float64Array.of(loss.weight) }));
  for (const { op, inputs, outputs, attrs } of nodes.toReversed()) {
    const arrived = Object.entries(outputs).filter(([, value]) => gradients.has(value));
    if (arrived.length === 0) continue;
    const d = arrived.map(([name, value]) => [name, gradients.get(value) as RefTensor] as const);
    const found = referenceOf(op.name).backward(
      inputsOf(inputs),
      attrs as never,
      Object.fromEntries(d),
      step,
    );
    for (const [name, value] of Object.entries(inputs)) {
      const gradient = found[name];
      if (!gradient) continue;
      const other = gradients.get(value);
      gradients.set(value, to(other ? zip(other, gradient, (a, b) => a + b) : gradient));
    }
  }
  return { values, gradients };
}
