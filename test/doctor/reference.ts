// What the doctor's checks should give, from the loops in float64 and PyTorch's numbers.
import { readFileSync } from 'node:fs';
import type { Step } from '../../src/core/step';
import { INITIAL_STEP } from '../../src/core/step';
import type { Tensors } from '../../src/doctor/check';
import { CONVOLUTIONS, LINEARS } from '../../src/doctor/conv_cases';
import type { ConvLayerAttrs } from '../../src/doctor/conv_layer';
import { caseInputs, caseSeeds, type OpCase } from '../../src/doctor/op_check';
import { OTHER_OPS } from '../../src/doctor/op_cases';
import { readSafetensors } from '../../src/io/safetensors';
import * as add from '../support/reference/add';
import * as avgPool from '../support/reference/avg_pool';
import * as bias from '../support/reference/bias';
import * as concat from '../support/reference/concat';
import * as conv2d from '../support/reference/conv2d';
import * as crossEntropy from '../support/reference/cross_entropy';
import * as dropout from '../support/reference/dropout';
import * as flatten from '../support/reference/flatten';
import * as linear from '../support/reference/linear';
import * as maxPool from '../support/reference/max_pool';
import * as pixels from '../support/reference/pixels';
import * as relu from '../support/reference/relu';
import * as slice from '../support/reference/slice';
import { get, type Reference, type RefTensors } from '../support/reference/tensor';
import * as touched from '../support/reference/touched';

/** The last channels are a second output. */
const layer: Reference<ConvLayerAttrs> = {
  forward(inputs, attrs) {
    const { y } = conv2d.forward(inputs, attrs);
    const { first } = attrs;
    if (first === undefined) return { y };
    const part = (from: number, channels: number) =>
      get(slice.forward({ x: y }, { first: from, channels }), 'y');
    return { y: part(0, first), rest: part(first, (y.shape[1] ?? 1) - first) };
  },
  backward: (inputs, attrs, d) => conv2d.backward(inputs, attrs, d),
};

const REFERENCES: Readonly<Record<string, Reference>> = {
  add,
  avg_pool: avgPool,
  avg_pool_grad: touched.avgPool,
  bias,
  concat,
  conv2d_layer: layer,
  conv2d_grad_input: touched.convolution,
  cross_entropy: crossEntropy,
  dropout,
  flatten,
  linear,
  linear_fused: linear,
  linear_grad_input: touched.linear,
  max_pool: maxPool,
  max_pool_grad: touched.maxPool,
  pixels,
  relu,
  slice,
};

const MASKED: Readonly<Record<string, Reference>> = { add: touched.add, dropout: touched.dropout };

function referenceOf({ op, inputs, name }: OpCase): Reference {
  const found = ('mask' in inputs ? MASKED[op.name] : undefined) ?? REFERENCES[op.name];
  if (!found) throw new Error(`${name}: there is no reference for ${op.name}`);
  return found;
}

/** The tensors that a case looks at. */
function caseTensors(opCase: OpCase): Tensors {
  const { name, op, inputs, attrs, outputs, gradients = [] } = opCase;
  const reference = referenceOf(opCase);
  const step: Step = { ...INITIAL_STEP, ...opCase.step };
  const double = (values: Readonly<Record<string, ArrayLike<number>>>, shapes: RefShapes): RefTensors =>
    Object.fromEntries(
      Object.entries(values).map(([key, data]) => [
        key,
        { shape: shapes[key]?.shape ?? [], data: Float64Array.from(data) },
      ]),
    );
  const given = double(caseInputs(opCase), inputs);
  const found: Record<string, ArrayLike<number>> = {};
  if (outputs !== undefined) {
    for (const [output, { data }] of Object.entries(reference.forward(given, attrs as never, step))) {
      found[output] = data;
    }
  }
  if (gradients.length > 0) {
    const specs = Object.entries(inputs).map(([key, { shape, dtype = 'f32' }]) => [key, { shape, dtype }]);
    const inferred: RefShapes = op.infer(name, Object.fromEntries(specs) as never, attrs as never);
    const named = Object.fromEntries(
      Object.entries(caseSeeds(opCase)).map(([key, data]) => [key.slice(1), data]),
    );
    const results = reference.backward(given, attrs as never, double(named, inferred), step);
    for (const input of gradients) found[`d${input}`] = get(results, input).data;
  }
  return found;
}

type RefShapes = Readonly<Record<string, { readonly shape: readonly number[] }>>;

/** By the names of the checks. */
export function expectedTensors(): Record<string, Tensors> {
  const cases = [...Object.values(CONVOLUTIONS).flat(), ...LINEARS, ...OTHER_OPS];
  return Object.fromEntries([
    ...cases.map((each) => [each.name, caseTensors(each)] as const),
    ['find_not_finite/three of 105', { found: [3, 105] }] as const,
  ]);
}

interface Fixture {
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, { readonly norm: number; readonly dots: readonly number[] }>>;
  readonly seed: number;
  readonly size: number;
  readonly width: number;
  readonly classes: number;
  readonly images: readonly string[];
  readonly labels: readonly number[];
}

/** PyTorch's numbers for the network: losses and scores whole, of gradients what is known of them. */
export function networkFixture() {
  const read = (ending: string) =>
    readFileSync(new URL(`../fixtures/googlenet_small.${ending}`, import.meta.url));
  const fixture = JSON.parse(read('json').toString()) as Fixture;
  const { tensors } = readSafetensors(read('safetensors'));
  const scores = (head: string) => tensors.get(`scores.${head}`)?.data as Float32Array;
  return { fixture, scores };
}
