import type { RunSettings } from '../train/presets';
import type { Evaluation } from './events';

/** `42 s`, `4 min 12 s`, `1 h 4 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `91.2 % (913 of 1000)`. */
export function formatAccuracy({ correct, count }: { correct: number; count: number }): string {
  return `${((100 * correct) / count).toFixed(1)} % (${correct} of ${count})`;
}

/** What a run learns, in words: `handwritten digits`, `7 classes of pictures`. */
export const learnt = ({ name, classes }: { readonly name: string; readonly classes: number }): string =>
  name === 'mnist' ? 'handwritten digits' : `${classes} classes of pictures`;

/** What the grid of pictures shows, in a sentence. */
export function whichShown({ shown, classes }: Pick<Evaluation, 'shown' | 'classes'>): string {
  const [one = '', other = ''] = classes;
  return (
    `The first ${shown.count} with what the network takes them for; a mistake is framed, and ` +
    `“${one}, is ${other}” means that ${other} was taken for ${one}.`
  );
}

/** Images per second: a digit after the point where it matters. */
export const formatSpeed = (perSecond: number): string => perSecond.toFixed(perSecond < 100 ? 1 : 0);

/** `1/8`, `1`, `0.3`. */
export const formatWidth = (width: number): string =>
  width < 1 && Number.isInteger(1 / width) ? `1/${1 / width}` : `${width}`;

/** `, in 4 parts`, of a batch that comes in several. */
export const inParts = ({ microBatches }: { readonly microBatches: number }): string =>
  microBatches > 1 ? `, in ${microBatches} parts` : '';

/** `sgd, rate 0.01 after 10 steps of warm-up, decay: linear`, and what else was asked for. */
export function formatLearning(settings: RunSettings): string {
  const { optimizer, rate, warmup, decay, every, weightDecay, average, smoothing, balance } = settings;
  return [
    `${optimizer}, rate ${rate}${warmup > 0 ? ` after ${warmup} steps of warm-up` : ''}`,
    `decay: ${decay}${every === undefined ? '' : ` every ${every} steps`}`,
    ...(weightDecay === undefined ? [] : [`weight decay ${weightDecay}`]),
    ...(smoothing === undefined ? [] : [`targets smoothed by ${smoothing}`]),
    ...(balance ? ['classes balanced'] : []),
    ...(average === 'none' ? [] : [`${average} average of the weights`]),
  ].join(', ');
}
