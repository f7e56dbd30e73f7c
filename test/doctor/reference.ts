// What the doctor's checks should give, from the loops in float64 and PyTorch's numbers.
import { readFileSync } from 'node:fs';
import type { Tensors } from '../../src/doctor/check';
import { readSafetensors } from '../../src/io/safetensors';

/** By the names of the checks, of those that do not compute them themselves. */
export function expectedTensors(): Record<string, Tensors> {
  return Object.fromEntries([['find_not_finite/three of 105', { found: [3, 105] }] as const]);
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
