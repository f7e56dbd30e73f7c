import { LimitError } from '../../../src/core/errors';
import type { Value } from '../../../src/core/op';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { INITIAL_STEP } from '../../../src/core/step';
import { layers } from '../../../src/models/layers';
import type { RefTensor } from '../../../src/ops/cases/support/tensor';
import { sgd } from '../../../src/optim/sgd';
import { Trainer } from '../../../src/train/trainer';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { runReference } from '../reference/graph';
import { trainedRows, type TrainedRows } from '../trained_rows';

const MICRO_BATCHES = 2;
const LABELS = [1, 0, 3, 2];

/** What a step at rate 1 takes from each variable, in two micro-batches and as little memory as can be, against float64. */
export async function trainTrainedRows(context: JobContext, { name }: { readonly name: TrainedRows }) {
  const engine = await sharedEngine(context);
  const { graph, images, scores } = trainedRows(name);
  const create = (memory: number) =>
    Trainer.create(engine, {
      graph,
      images,
      heads: [{ name: 'main', scores, weight: 1 }],
      optimizer: sgd(),
      rate: 1,
      microBatches: MICRO_BATCHES,
      recompute: { memory },
    });
  const trainer = await create(0).catch((error: unknown) => {
    if (!(error instanceof LimitError) || !error.bytes) throw error;
    return create(error.bytes.needed);
  });
  const pixels = uniform(MICRO_BATCHES * sizeOf(images.shape), 1, 5, 'images');
  const before = await trainer.parameters.readAll();
  await trainer.step(pixels, Uint32Array.from(LABELS));
  const after = await trainer.parameters.readAll();
  const recomputed = trainer.program.plan.recomputed?.nodes.length ?? 0;
  trainer.destroy();

  const labels = graph.input('labels', [images.shape[0] ?? 1], 'u32');
  const loss = { value: layers(graph).crossEntropy('loss', scores, labels), weight: 1 / MICRO_BATCHES };
  const parts = Array.from({ length: MICRO_BATCHES }, (_, part) => {
    const cut = (all: ArrayLike<number>, { shape }: Value): RefTensor => {
      const size = sizeOf(shape);
      return { shape, data: Float64Array.from(all).slice(part * size, (part + 1) * size) };
    };
    const given = new Map([
      [images, cut(pixels, images)],
      [labels, cut(LABELS, labels)],
    ]);
    for (const { value } of graph.variables.values()) {
      given.set(value, { shape: value.shape, data: Float64Array.from(before.get(value.label)!.data) });
    }
    return runReference(graph, given, loss, INITIAL_STEP).gradients;
  });
  const distances: Record<string, Distance> = {};
  for (const [label, { value }] of graph.variables) {
    const start = before.get(label)!.data;
    const taken = after.get(label)!.data.map((number, at) => start[at]! - number);
    const expected = taken.map((_, at) =>
      parts.reduce((sum, part) => sum + (part.get(value)?.data[at] ?? NaN), 0),
    );
    distances[label] = distance(taken, expected);
  }
  return { distances, recomputed };
}
