import type { Engine } from '../gpu/engine';
import { saveWeights } from '../io/weights';
import type { Parameters } from '../runtime/parameters';
import type { RunSettings } from '../train/presets';
import type { Trainer } from '../train/trainer';
import type { DataSet, Feed } from './data_set';
import { evaluate } from './evaluate';
import type { Evaluation, PageOptions } from './events';
import { writeCard } from './model_card';
import type { TrainRunOptions } from './train_run_options';

/**
 * Hands over the weights, frees what only training needs, and judges them.
 * @param averaged a running average of the weights, which takes their place; they are handed over beside it
 */
export async function handOver(
  trainer: Trainer,
  { options, data, signal, onEvent }: TrainRunOptions,
  settings: RunSettings,
  feed: Feed,
  start: number,
  averaged?: Parameters,
): Promise<Evaluation | undefined> {
  const { engine, steps } = trainer;
  const parameters = averaged ?? trainer.parameters;
  const { feeding } = data;
  if (feeding) await onEvent({ kind: 'fed', feeding, seconds: (performance.now() - start) / 1000 });
  if (signal.aborted) await onEvent({ kind: 'stopping' });
  const metadata = metadataOf(options, settings, data, engine, steps);
  const bytes = await saveWeights(parameters, metadata);
  const raw = averaged && (await saveWeights(trainer.parameters, metadata));
  await onEvent({ kind: 'weights', bytes, ...(raw && { raw }) });
  trainer.destroy();
  const unjudged = async (why: string): Promise<undefined> => {
    await onEvent({ kind: 'notice', text: `${why}, so nothing is measured` });
    return undefined;
  };
  if (data.judged(settings).length === 0)
    return unjudged('no picture is held out, for which a class needs two at least');
  const evaluation = await evaluate({
    engine,
    parameters,
    data,
    feed,
    settings,
    signal,
    onProgress: (done, count) => void onEvent({ kind: 'classified', done, count }),
    ...(options.profile && {
      onProfile: (profile) => onEvent({ kind: 'profile', of: 'classification', profile }),
    }),
  });
  if (!evaluation) return unjudged('none of the held-out pictures can be decoded');
  await onEvent({ kind: 'evaluated', evaluation });
  return evaluation;
}

function metadataOf(
  { version }: PageOptions,
  settings: RunSettings,
  data: DataSet,
  engine: Engine,
  steps: number,
): Record<string, string> {
  return {
    engine: `inception-webgpu ${version}`,
    model: 'googlenet',
    data: data.name,
    ...writeCard({
      classes: data.classes,
      size: settings.size,
      width: settings.width,
      ...data.colours,
    }),
    adapter: engine.adapterName,
    steps: `${steps}`,
    settings: JSON.stringify(settings),
  };
}
