import type { NoAttrs } from '../../../src/core/op';
import { defineOp } from '../../../src/op';
import { runOp } from '../../../src/runtime/run_op';
import { shader } from '../../../src/shader/index';
import { siluOf } from '../../consumers/program/silu';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';

/** y and dx of an op whose shader is read at run time. */
export async function runSilu(
  context: JobContext,
  { text, shape, x, dy }: { text: string; shape: number[]; x: number[]; dy: number[] },
) {
  const engine = await sharedEngine(context);
  const inputs = { x: { shape, data: Float32Array.from(x) } };
  const outputGradients = { dy: Float32Array.from(dy) };
  const found = await runOp(engine, siluOf(shader(text)), {}, { inputs, outputGradients });
  return { y: [...found.y], dx: [...found.dx] };
}

/** 1 by ops whose shaders have one file name and different texts: silu.wgsl with another formula in each. */
export async function runNamesakes(
  context: JobContext,
  { text, factors }: { text: string; factors: string[] },
) {
  const engine = await sharedEngine(context);
  const inputs = { x: { shape: [1, 1], data: Float32Array.of(1) } };
  const found: number[] = [];
  for (const factor of factors) {
    const op = siluOf(shader(text.replace('v / (1.0 + exp(-v))', `${factor} * v`)));
    found.push(...(await runOp(engine, op, {}, { inputs })).y);
  }
  return found;
}

/** 70 numbers, more than a uniform's 256 bytes: `first` says which element of y a launch writes, `f68` is its factor. */
const WIDE = `override WG: u32 = 1;
struct Params { first: u32, ${Array.from({ length: 69 }, (_, index) => `f${index}: f32`).join(', ')} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(WG) fn forward() { y[p.first] = p.f68 * x[p.first]; }
`;

const wide = defineOp<'x', 'y', NoAttrs>({
  name: 'wide',
  infer: (_where, { x: { shape, dtype } }) => ({ y: { shape, dtype } }),
  lower: ({ inputs: { x }, outputs: { y } }) => ({
    launches: [0, 1].map((first) => ({
      shader: shader(WIDE, 'wide.wgsl'),
      entry: 'forward',
      bind: { x, y },
      params: {
        first,
        ...Object.fromEntries(
          Array.from({ length: 69 }, (_, index) => [`f${index}`, index === 68 ? 5 + first : -1]),
        ),
      },
      constants: { WG: 1 },
      workgroups: [1, 1, 1] as const,
    })),
  }),
});

/** Ones by an op of two launches, each with 70 parameters. */
export async function runWide(context: JobContext, _args: null) {
  const inputs = { x: { shape: [2, 1], data: Float32Array.of(1, 1) } };
  const { y } = await runOp(await sharedEngine(context), wide, {}, { inputs });
  return [...y];
}

/** What is said where no gradient of y is given. */
export async function runWithoutGradient(context: JobContext, { text }: { text: string }) {
  const inputs = { x: { shape: [1, 1], data: Float32Array.of(1) } };
  const call = { inputs, outputGradients: {} };
  return runOp(await sharedEngine(context), siluOf(shader(text)), {}, call).then(() => 'no error', String);
}
