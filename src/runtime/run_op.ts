import { isTyped } from '../core/check';
import { ValueError } from '../core/errors';
import type { Named, Op } from '../core/op';
import { checkOptions, group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { STEP, type Step } from '../core/step';
import type { Engine } from '../gpu/engine';
import { SingleOp, checkOp, ofEach, type Numbers, type OpArray } from './single_op';

/** What `runOp` runs an op on. */
export interface OpCall<X> {
  readonly inputs: X;
  readonly outputGradients?: Readonly<Record<string, Float32Array>>;
  readonly step?: Partial<Step>;
}

const CALL: Rules<OpCall<Readonly<Record<string, OpArray>>>> = {
  inputs: is.needed(ofEach('shape', 'data')),
  outputGradients: is.having(),
  step: group<Partial<Step>>(STEP),
};

/** `dx` for an input `x` of float32. */
export type InputGradients<X> = {
  readonly [K in keyof X & string as X[K] extends { readonly data: Float32Array } ? `d${K}` : never]: Numbers;
};

/**
 * Runs one op on given arrays.
 *
 *     const { y, dx, dw } = await runOp(engine, conv2d, { window: slidingWindow('conv', 3, 1, 1) }, {
 *       inputs: { x: { shape: [1, 8, 5, 5], data: x }, w: { shape: [16, 8, 3, 3], data: w } },
 *       outputGradients: { dy },
 *     });
 *
 * @param call `outputGradients` (`dy` for output `y`, ...) asks for the gradients of all float32 inputs
 * @param attrs the attributes of the op
 * @throws {ShapeError | ValueError} if the arrays do not fit
 */
export function runOp<I extends string, O extends string, A, X extends Named<I, OpArray>>(
  engine: Engine,
  op: Op<I, O, A>,
  attrs: A,
  call: OpCall<X> & { readonly outputGradients: Readonly<Record<string, Float32Array>> },
): Promise<Named<O, Numbers> & InputGradients<X>>;
export function runOp<I extends string, O extends string, A>(
  engine: Engine,
  op: Op<I, O, A>,
  attrs: A,
  call: OpCall<Named<I, OpArray>>,
): Promise<Named<O, Numbers>>;
export async function runOp<I extends string, O extends string, A>(
  engine: Engine,
  op: Op<I, O, A>,
  attrs: A,
  call: OpCall<Named<I, OpArray>>,
): Promise<Record<string, Numbers>> {
  checkOptions('runOp', call, CALL);
  checkOp('runOp', engine, op, attrs);
  const arrays = Object.entries<OpArray>(call.inputs);
  const specs = arrays.map(([name, { shape, data }]) => {
    return [name, { shape, dtype: isTyped(data, 'Float32Array') ? 'f32' : 'u32' } as const] as const;
  });
  const floats = specs.filter(([, { dtype }]) => dtype === 'f32').map(([name]) => name);
  const single = await SingleOp.create(engine, op, attrs, {
    inputs: Object.fromEntries(specs),
    gradients: call.outputGradients ? floats : [],
  });
  try {
    const missing = [...single.program.graph.inputs.keys()].find(
      (name) => !(name in call.inputs) && !(name in (call.outputGradients ?? {})),
    );
    if (missing !== undefined) throw new ValueError('runOp', `outputGradients lack ${missing}`);
    await single.write(Object.fromEntries(arrays.map(([name, { data }]) => [name, data])));
    await single.write(call.outputGradients ?? {});
    return await single.run(call.step);
  } finally {
    single.destroy();
  }
}
