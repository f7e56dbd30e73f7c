import { uniform } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import type { Counters } from '../../src/gpu/commands';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { PRESETS } from '../../src/train/presets';
import { optimizerOf } from '../../src/train/recipes';
import { Trainer } from '../../src/train/trainer';
import { adapterOf, type Adapter, type JobContext } from './context';

/** What a training run has made of GPU objects so far. */
export interface SoakState {
  readonly adapter: Adapter;
  readonly step: number;
  readonly counters: ReturnType<Counters['snapshot']>;
  readonly pipelines: number;
}

let running: Promise<Trainer> | undefined;

/** Trains the small preset's network until so many steps are done; the next call goes on with the same run. */
export async function soak(
  context: JobContext,
  { batch, until }: { readonly batch: number; readonly until: number },
): Promise<SoakState> {
  running ??= start(context, batch);
  const trainer = await running;
  const { engine } = trainer;
  await trainer.fit(batches(trainer), { steps: until - trainer.steps });
  return {
    adapter: adapterOf(engine),
    step: trainer.steps,
    counters: engine.counters.snapshot(),
    pipelines: engine.pipelines.statistics.count,
  };
}

async function start(context: JobContext, batch: number): Promise<Trainer> {
  const { size, width, optimizer, rates } = PRESETS.small;
  const net = googlenet({ classes: 10, batch, inputSize: size, width, mode: 'train' });
  return Trainer.create(await context.open(), {
    ...net,
    heads: googlenetHeads(net),
    optimizer: optimizerOf({ optimizer }),
    rate: rates[optimizer],
  });
}

function* batches({ batch, program }: Trainer) {
  const { shape } = program.graph.value('images');
  const labels = Uint32Array.from({ length: batch }, (_, index) => index % 10);
  for (let seed = 1; ; seed++) yield { images: uniform(sizeOf(shape), 1, seed, 'pictures'), labels };
}
