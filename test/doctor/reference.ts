// What the doctor's checks should give, from the loops in float64 and PyTorch's numbers.
import { readFileSync } from 'node:fs';
import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import type { Tensors } from '../../src/doctor/check';
import { UPDATE, updatedGraph, updateGradient, UPDATES, type UpdateCase } from '../../src/doctor/updates';
import { readSafetensors } from '../../src/io/safetensors';
import { adam, sgd, type OptimizerState } from '../support/reference/optimizer';

function updateTensors({ optimizer, clip = Infinity, microBatches = 1, looksAt }: UpdateCase): Tensors {
  const specs = [...updatedGraph().parameters.values()].map(({ spec }) => spec);
  let states = specs.map(({ name, shape, fanIn }): OptimizerState => {
    const w = Float64Array.from(uniform(sizeOf(shape), 1 / Math.sqrt(fanIn), UPDATE.seed, name));
    return { w, m: new Float64Array(w.length), v: new Float64Array(w.length) };
  });
  let norm = 0;
  for (let step = 0; step < UPDATE.steps; step++) {
    const parts = Array.from({ length: microBatches }, (_, part) =>
      specs.map(({ name, shape }) => updateGradient(name, sizeOf(shape), step, part)),
    );
    const all = specs.map((_, index) => {
      const [first = new Float32Array(0), ...others] = parts.map((part) => part[index]!);
      return Float64Array.from(first, (value, at) => others.reduce((sum, other) => sum + other[at]!, value));
    });
    norm = Math.sqrt(all.reduce((sum, dw) => dw.reduce((own, value) => own + value * value, sum), 0));
    const scale = Math.min(1, clip / norm);
    states = states.map((state, index) => {
      const dw = all[index]!.map((value) => value * scale);
      const { weightDecay = 0 } = optimizer;
      const { rate } = UPDATE;
      if (optimizer.kind === 'sgd')
        return sgd(state, dw, { rate, weightDecay, momentum: optimizer.momentum ?? 0 });
      return adam(state, dw, step + 1, { rate, weightDecay, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    });
  }
  return looksAt === 'norm' ? { norm: [norm] } : { w: states.flatMap(({ w }) => [...w]) };
}

/** By the names of the checks, of those that do not compute them themselves. */
export function expectedTensors(): Record<string, Tensors> {
  return Object.fromEntries([
    ...UPDATES.map((each) => [each.name, updateTensors(each)] as const),
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
