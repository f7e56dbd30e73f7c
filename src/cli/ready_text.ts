import type { Ready } from '../app/events';
import { formatDuration, formatLearning, inParts } from '../app/format';

/** What there is to say of a network that is ready, a sentence each. */
export function describeReady(ready: Ready, browser: string): string[] {
  const { adapter, because, kernels, notes, settings, parameters, seconds, compileSeconds, pipelines } =
    ready;
  const { preset, recipe, size, batch } = settings;
  return [
    `adapter ${adapter}, ${browser}`,
    ...(because === undefined ? [] : [because]),
    `kernels: ${kernels}${without(settings)}`,
    ...notes,
    `preset ${preset}: ${parameters.toLocaleString('en')} parameters, ${batch} images of ${size} x ${size} ` +
      `a step${inParts(settings)}; ready after ${formatDuration(seconds)}, ${formatDuration(compileSeconds)} of them to ` +
      `compile ${pipelines} kernels`,
    `recipe ${recipe}: ${formatLearning(settings)}`,
  ];
}

const without = ({ exclude }: Ready['settings']): string =>
  exclude.length > 0 ? `; without ${exclude.join(', ')}` : '';
