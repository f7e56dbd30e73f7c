import { ValueError } from '../../src/core/errors';
import type { Engine } from '../../src/gpu/engine';
import { Clock } from './clock';
import type { Form } from './choices';
import { adapterOf, withEngine, type Adapter, type JobContext } from './context';
import type { EngineWishes } from './engine_choice';
import { prepareLayer, type LayerWork, type PreparedLayer } from './layer_program';
import { distinctLayers } from './layers';
import { measureRoof, type Roof } from './peak';
import { spread, type Spread } from './statistics';

export interface KernelOptions {
  readonly batch: number;
  /** Only layers whose name or sizes contain this. */
  readonly layers: string;
  readonly forms: readonly Form[];
  readonly rounds: number;
  readonly wishes?: EngineWishes;
  /** Which kernels: the engine's choice, all that can compute a layer, or those of this name. */
  readonly kernels: 'chosen' | 'all' | { readonly name: string };
}

export interface KernelRow extends Omit<LayerWork, 'encode'> {
  /** In one measurement. */
  readonly repeats: number;
  /** Milliseconds. */
  readonly time: Spread;
}

export interface KernelResults {
  readonly adapter: Adapter;
  readonly clock: string;
  readonly roof: Roof;
  readonly options: KernelOptions;
  readonly rows: readonly KernelRow[];
}

/** Times every distinct layer alone, in three forms. */
export function kernels(context: JobContext, options: KernelOptions): Promise<KernelResults> {
  return withEngine(context, options.wishes ?? {}, async (engine) => {
    const clock = new Clock(engine);
    context.say('measuring the roof');
    const roof = await measureRoof(engine, clock);
    const wanted = distinctLayers(options.batch).filter(
      ({ name, sizes }) => name.includes(options.layers) || sizes.includes(options.layers),
    );
    const rows: KernelRow[] = [];
    const candidates = new Set<string>();
    let waiting: PreparedLayer[] = [];
    for (const [index, layer] of wanted.entries()) {
      context.say(`preparing ${index + 1} of ${wanted.length}: ${layer.name}`);
      const prepared = await prepareLayer(engine, layer, options);
      for (const name of prepared.candidates) candidates.add(name);
      waiting.push(prepared);
      // All candidates of all layers at once would need too much memory.
      if (options.kernels !== 'all' && index < wanted.length - 1) continue;
      rows.push(...(await measure(engine, context, clock, waiting, options)));
      for (const each of waiting) each.destroy();
      waiting = [];
    }
    clock.destroy();
    if (rows.length === 0) {
      const names = [...candidates].map((name) => `"${name}"`).join(', ');
      const advice = wanted.length === 0 ? 'no layer is called so' : `kernels for these layers: ${names}`;
      throw new ValueError('bench kernels', 'has nothing to measure', undefined, advice);
    }
    return { adapter: adapterOf(engine), clock: clock.kind, roof, options, rows };
  });
}

async function measure(
  engine: Engine,
  context: JobContext,
  clock: Clock,
  prepared: readonly PreparedLayer[],
  { rounds }: KernelOptions,
): Promise<KernelRow[]> {
  const works = prepared.flatMap((layer) => layer.works);
  const measured: { work: LayerWork; repeats: number; times: number[] }[] = [];
  for (const [index, work] of works.entries()) {
    context.say(`warming up ${index + 1} of ${works.length}: ${work.layer} ${work.form}`);
    await clock.time(work.encode, 1);
    measured.push({ work, repeats: await clock.repeatsFor(work.encode), times: [] });
  }
  // Whatever disturbs the machine for a while disturbs a round of all, not all rounds of one.
  for (let round = 0; round < rounds; round++) {
    context.say(`round ${round + 1} of ${rounds}`);
    for (const { work, repeats, times } of measured) times.push(await clock.time(work.encode, repeats));
  }
  await engine.device.queue.onSubmittedWorkDone();
  return measured.map(({ work: { encode: _encode, ...work }, repeats, times }) => ({
    ...work,
    repeats,
    time: spread(times),
  }));
}
