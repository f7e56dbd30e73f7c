import type { JobContext } from '../job';
import { distance } from '../compare';
import { sharedEngine } from '../engine';
import { adam, sgd, type OptimizerState } from '../reference/optimizer';
import { uniform } from '../../../src/core/random';
import { Graph } from '../../../src/graph/graph';
import { readBuffer } from '../../../src/runtime/buffers';
import { Parameters } from '../../../src/runtime/parameters';
import { Update } from '../../../src/runtime/update';

const SGD = { momentum: 0.9, weightDecay: 2e-4 };
const ADAM = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 1e-3 };
const RATE = 0.01;
const STEPS = 3;

const gradient = (elements: number, step: number): Float32Array<ArrayBuffer> =>
  uniform(elements, 1, 5, `gradient ${step}`);

/**
 * Three steps of `Update` on layers whose parameters lie side by side in one matrix, with a gradient for every element
 * of the flat buffer, gaps included; against float64 loops that know which elements are whose.
 */
export async function mergedUpdate(context: JobContext, { kind }: { readonly kind: 'sgd' | 'adam' }) {
  const engine = await sharedEngine(context);
  const graph = new Graph();
  for (const [name, channels] of [['a', 3] as const, ['b', 6] as const]) {
    graph.parameter({ name, shape: [channels, 4, 1, 1], kind: 'convolution', fanIn: 4, merge: 'one' });
    graph.parameter({ name: `${name}.bias`, shape: [channels], kind: 'bias', fanIn: 4, merge: 'one' });
  }
  const parameters = await Parameters.create(engine, graph, { seed: 2 });
  const { placements, elements } = parameters.layout;
  const update = await Update.create(parameters, kind === 'sgd' ? { kind, ...SGD } : { kind, ...ADAM });
  const start = new Float32Array(await readBuffer(engine, parameters.buffer));
  for (let step = 0; step < STEPS; step++) {
    engine.device.queue.writeBuffer(update.gradients, 0, gradient(elements, step));
    const encoder = engine.device.createCommandEncoder({ label: 'update' });
    const pass = encoder.beginComputePass({ label: 'update' });
    update.encode(pass, { step, rate: RATE });
    pass.end();
    engine.device.queue.submit([encoder.finish()]);
  }
  const got = new Float32Array(await readBuffer(engine, parameters.buffer));
  update.destroy();
  parameters.destroy();

  const own = new Set<number>();
  for (const { offset, rows, columns, stride } of placements.values()) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) own.add(offset + row * stride + column);
    }
  }
  let state: OptimizerState = {
    w: Float64Array.from(start),
    m: new Float64Array(elements),
    v: new Float64Array(elements),
  };
  for (let step = 0; step < STEPS; step++) {
    const dw = Float64Array.from(gradient(elements, step));
    const { w, m, v } =
      kind === 'sgd'
        ? sgd(state, dw, { ...SGD, rate: RATE })
        : adam(state, dw, step + 1, { ...ADAM, rate: RATE });
    state = { w: w.map((value, at) => (own.has(at) ? value : (start[at] as number))), m, v };
  }
  return {
    distance: distance(got, state.w),
    gapsUntouched: got.every((value, at) => own.has(at) || Object.is(value, start[at])),
    moved: got.filter((value, at) => value !== start[at]).length,
    sizes: [...placements.values()].map(({ rows, columns, stride }) => [rows, columns, stride]),
  };
}
