import { uniform } from '../core/random';
import type { Engine } from '../gpu/engine';
import { googlenet, googlenetHeads } from '../models/googlenet';
import { Parameters } from '../runtime/parameters';
import { optimizerOf } from '../train/recipes';
import { Classifier } from '../train/classifier';
import { Trainer } from '../train/trainer';

/** Classes of ImageNet, as the paper's network has. */
const CLASSES = 1000;

/** What is measured. */
export interface BenchWishes {
  readonly batch: readonly number[];
  readonly size: number;
  readonly width: number;
  readonly rounds: number;
}

/** One measurement. */
export interface Measured {
  readonly what: string;
  readonly batch: number;
  /** Median of the rounds. */
  readonly seconds: number;
  /** Until the first is done: kernels are compiled, memory is allocated. */
  readonly first: number;
  /** Of the GPU's memory. */
  readonly bytes: number;
}

/** What a page that measures tells before its end. */
export type BenchEvent =
  | { readonly kind: 'opened'; readonly adapter: string }
  | { readonly kind: 'round'; readonly what: string; readonly done: number; readonly count: number }
  | { readonly kind: 'measured'; readonly measured: Measured };

export interface BenchRunOptions {
  readonly open: () => Promise<Engine>;
  readonly wishes: BenchWishes;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BenchEvent) => void | Promise<void>;
}

/** Something that can be done again and again. */
interface Work {
  readonly once: () => Promise<unknown>;
  readonly destroy: () => void;
}

/**
 * Measures how long a classification and a training step take, from pictures in JavaScript to numbers in JavaScript.
 * @throws what the engine throws
 */
export async function benchRun({ open, wishes, signal, onEvent }: BenchRunOptions): Promise<void> {
  const engine = await open();
  try {
    await onEvent({ kind: 'opened', adapter: engine.adapterName });
    const works = wishes.batch.flatMap((batch) => [
      { what: `classification of ${batch}`, batch, make: () => classification(engine, wishes, batch) },
      { what: `training step of ${batch}`, batch, make: () => trainingStep(engine, wishes, batch) },
    ]);
    const count = works.length * (wishes.rounds + 1);
    let done = 0;
    for (const { what, batch, make } of works) {
      const times: number[] = [];
      const start = performance.now();
      const before = engine.counters.liveBytes;
      const work = await make();
      let first = 0;
      for (let round = 0; round <= wishes.rounds && !signal.aborted; round++) {
        const begun = performance.now();
        await work.once();
        if (round === 0) first = (performance.now() - start) / 1000;
        else times.push((performance.now() - begun) / 1000);
        await onEvent({ kind: 'round', what, done: ++done, count });
      }
      const bytes = engine.counters.liveBytes - before;
      work.destroy();
      if (signal.aborted) return;
      await onEvent({ kind: 'measured', measured: { what, batch, seconds: median(times), first, bytes } });
    }
  } finally {
    engine.destroy();
  }
}

const median = (times: readonly number[]): number => {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
};

const imagesOf = ({ size }: BenchWishes, batch: number): Float32Array =>
  uniform(batch * 3 * size * size, 1, 0, 'images');

async function classification(engine: Engine, wishes: BenchWishes, batch: number): Promise<Work> {
  const { size, width } = wishes;
  const { graph, images, scores2 } = googlenet({
    classes: CLASSES,
    batch,
    inputSize: size,
    width,
    aux: false,
  });
  const parameters = await Parameters.create(engine, graph);
  const classifier = await Classifier.create(engine, { graph, images, scores: scores2, parameters });
  const given = imagesOf(wishes, batch);
  return {
    once: () => classifier.run(given),
    destroy() {
      classifier.destroy();
      parameters.destroy();
    },
  };
}

async function trainingStep(engine: Engine, wishes: BenchWishes, batch: number): Promise<Work> {
  const { size, width } = wishes;
  const net = googlenet({ classes: CLASSES, batch, inputSize: size, width, mode: 'train' });
  const optimizer = optimizerOf({ optimizer: 'sgd' });
  // Random images teach nothing: a rate that is tiny keeps the losses finite.
  const options = { graph: net.graph, images: net.images, heads: googlenetHeads(net), optimizer, rate: 1e-6 };
  const trainer = await Trainer.create(engine, options);
  const given = imagesOf(wishes, batch);
  const labels = Array.from({ length: batch }, (_, index) => index % CLASSES);
  return { once: () => trainer.step(given, labels), destroy: () => trainer.destroy() };
}
