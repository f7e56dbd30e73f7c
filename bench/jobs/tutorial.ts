import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import type { Engine } from '../../src/gpu/engine';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { Parameters } from '../../src/runtime/parameters';
import { LossGradients } from '../../src/train/loss_gradients';
import type { Head } from '../../src/train/loss';
import { adapterOf, withEngine, type Adapter, type JobContext } from './context';

export interface TutorialOptions {
  /** Of steps against the gradient. */
  readonly rates: readonly number[];
}

/** What the tutorial's charts show of networks that run (src/models/tutorial). */
export interface TutorialResults {
  readonly adapter: Adapter;
  /** Of the whole network with new weights: norm of the gradients of each stage's weights, by the heads of the loss. */
  readonly norms: readonly { readonly stage: string; readonly heads: string; readonly norm: number }[];
  /** Of a small network: the loss after a step of each rate, and the squared norm of the gradient that it follows. */
  readonly step: { readonly losses: readonly number[]; readonly squared: number };
}

export const FULL = { classes: 1000, batch: 2, inputSize: 224 };
export const SMALL = { classes: 10, batch: 8, inputSize: 65, width: 0.125 };

export function tutorial(context: JobContext, { rates }: TutorialOptions): Promise<TutorialResults> {
  return withEngine(context, {}, async (engine) => {
    context.say('gradients of the whole network, with and without the auxiliary heads');
    const norms = await normsOf(engine);
    context.say('steps against the gradient');
    return { adapter: adapterOf(engine), norms, step: await stepsOf(engine, rates) };
  });
}

/** Images of noise and some labels: the same in each run. */
function batchOf({ classes, batch, inputSize }: typeof FULL) {
  const labels = Array.from({ length: batch }, (_, index) => (index * 7) % classes);
  return [uniform(sizeOf([batch, 3, inputSize, inputSize]), 1, 1, 'images'), labels] as const;
}

async function normsOf(engine: Engine): Promise<TutorialResults['norms']> {
  const network = googlenet(FULL);
  const parameters = await Parameters.create(engine, network.graph, { initial: 'he' });
  const all = googlenetHeads(network);
  const wishes: Readonly<Record<string, readonly Head[]>> = {
    'main head alone': all.slice(0, 1),
    'with both auxiliary heads': all,
  };
  const of = [...network.graph.variables.keys()].filter((name) => /^(conv|reduce|inception)/.test(name));
  const norms: { stage: string; heads: string; norm: number }[] = [];
  for (const [heads, chosen] of Object.entries(wishes)) {
    const losses = await LossGradients.create(engine, { ...network, heads: chosen, parameters, of });
    const { gradients } = await losses.run(...batchOf(FULL));
    losses.destroy();
    const squares = new Map<string, number>();
    for (const [name, { data }] of Object.entries(gradients)) {
      const [stage = ''] = name.split('.');
      squares.set(stage, (squares.get(stage) ?? 0) + squareOf(data));
    }
    for (const [stage, square] of squares) norms.push({ stage, heads, norm: Math.sqrt(square) });
  }
  parameters.destroy();
  return norms;
}

const squareOf = (data: Float32Array): number => data.reduce((sum, number) => sum + number * number, 0);

async function stepsOf(engine: Engine, rates: readonly number[]): Promise<TutorialResults['step']> {
  const network = googlenet(SMALL);
  const parameters = await Parameters.create(engine, network.graph, { initial: 'he' });
  const weights = await parameters.readAll();
  const heads = googlenetHeads(network);
  const of = [...weights.keys()];
  const gradients = await LossGradients.create(engine, { ...network, heads, parameters, of });
  const run = () => gradients.run(...batchOf(SMALL));
  const { gradients: found } = await run();
  const losses: number[] = [];
  for (const rate of rates) {
    const moved = new Map(
      [...weights].map(([name, { shape, data }]) => {
        const gradient = found[name]?.data;
        return [name, { shape, data: data.map((weight, at) => weight - rate * (gradient?.[at] ?? 0)) }];
      }),
    );
    await parameters.load(moved);
    const { losses: each } = await run();
    losses.push(heads.reduce((sum, { name, weight }) => sum + weight * (each[name] ?? NaN), 0));
  }
  gradients.destroy();
  parameters.destroy();
  const squared = Object.values(found).reduce((sum, { data }) => sum + squareOf(data), 0);
  return { losses, squared };
}
