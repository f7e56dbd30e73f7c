import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import type { Step } from '../../../src/core/step';
import { INITIAL_STEP } from '../../../src/core/step';
import { drop } from '../../../src/ops/cases/dropout';
import { uniform } from '../../../src/core/random';
import { sizeOf, type Shape } from '../../../src/core/shape';
import { dropout } from '../../../src/ops/dropout';
import { SingleOp } from '../../../src/runtime/single_op';

interface Draw {
  readonly layer: string;
  readonly step: Partial<Step>;
}

interface Options {
  readonly shape: Shape;
  readonly p: number;
}

/** One mask per draw: 1 where an element is kept. Forward on ones; backward, if asked for, on ones too. */
async function masks(context: JobContext, { shape, p }: Options, draws: readonly Draw[]) {
  const engine = await sharedEngine(context);
  const ones = new Float32Array(sizeOf(shape)).fill(1);
  const found: { kept: Uint8Array; backward: Uint8Array; values: Set<number> }[] = [];
  for (const { layer, step } of draws) {
    const options = { inputs: { x: { shape } }, gradients: ['x'] };
    const single = await SingleOp.create(engine, dropout, { p, layer }, options);
    await single.write({ x: ones, dy: ones });
    const { y, dx } = (await single.run(step)) as { y: Float32Array; dx: Float32Array };
    single.destroy();
    const bits = (values: Float32Array) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    found.push({ kept: bits(y), backward: bits(dx), values: new Set([...y, ...dx]) });
  }
  return found;
}

const same = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, index) => value === b[index]);

/** How often two masks differ. */
function differing(a: Uint8Array | undefined, b: Uint8Array | undefined): number {
  if (!a || !b || a.length !== b.length) throw new Error('dropout: masks of different lengths');
  return a.reduce((sum, value, index) => sum + (value === b[index] ? 0 : 1), 0) / a.length;
}

/** Rates of one layer's mask, and how far masks of another step, layer, seed or image are from it. */
export async function dropoutRates(context: JobContext, options: Options) {
  const base = { layer: 'drop1', step: { seed: 3, step: 5 } };
  const [first, step, layer, seed] = await masks(context, options, [
    base,
    { ...base, step: { seed: 3, step: 6 } },
    { ...base, layer: 'drop2' },
    { ...base, step: { seed: 4, step: 5 } },
  ]);
  if (!first) throw new Error('dropout: no mask');
  const half = first.kept.length / 2;
  return {
    elements: first.kept.length,
    kept: first.kept.reduce((sum, value) => sum + value, 0) / first.kept.length,
    /** Every number that forward or backward gave for a 1. */
    values: [...first.values],
    backwardEqual: same(first.kept, first.backward),
    differ: {
      steps: differing(first.kept, step?.kept),
      layers: differing(first.kept, layer?.kept),
      seeds: differing(first.kept, seed?.kept),
      images: differing(first.kept.subarray(0, half), first.kept.subarray(half)),
    },
  };
}

/** The GPU against its twin on the CPU, bit for bit, on numbers with both signs. */
export async function dropoutTwin(
  context: JobContext,
  { shape, p, step }: Options & { step: Partial<Step> },
) {
  const engine = await sharedEngine(context);
  const attrs = { p, layer: 'twin' };
  const [x, dy] = ['x', 'dy'].map((name) => uniform(sizeOf(shape), 1, 9, name)) as [
    Float32Array,
    Float32Array,
  ];
  const single = await SingleOp.create(engine, dropout, attrs, {
    inputs: { x: { shape } },
    gradients: ['x'],
  });
  await single.write({ x, dy });
  const { y, dx } = (await single.run(step)) as { y: Float32Array; dx: Float32Array };
  single.destroy();
  const scale = Math.fround(1 / (1 - p));
  const expected = (values: Float32Array): Float32Array => {
    const ones = { shape, data: new Float64Array(values.length).fill(1) };
    const mask = drop(ones, attrs, { ...INITIAL_STEP, ...step });
    return values.map((value, index) => (mask.data[index] === 0 ? 0 : value * scale));
  };
  return { forward: same(y, expected(x)), backward: same(dx, expected(dy)), kept: y.filter(Boolean).length };
}

/** Masks of images 4 to 7 of a batch of 8, and of a batch of 4 that says it begins there. */
export async function dropoutMicroBatch(context: JobContext, { features }: { readonly features: number }) {
  const draw = (batch: number, first_image: number) =>
    masks(context, { shape: [batch, features], p: 0.5 }, [
      { layer: 'drop', step: { seed: 2, step: 1, first_image } },
    ]);
  const [[whole], [part], [start]] = await Promise.all([draw(8, 0), draw(4, 4), draw(4, 0)]);
  const last = whole?.kept.subarray(4 * features) ?? [];
  return {
    sameAsWhole: same(part?.kept ?? [], last),
    sameAsStart: same(part?.kept ?? [], start?.kept ?? []),
    startSameAsWhole: same(start?.kept ?? [], whole?.kept.subarray(0, 4 * features) ?? []),
  };
}
