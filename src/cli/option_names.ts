import type { Command } from 'commander';
import { ValueError } from '../core/errors';

/** What others call these options. */
const SYNONYMS: Readonly<Record<string, string>> = {
  rate: 'lr learning-rate alpha',
  steps: 'iterations iters max-steps num-steps n',
  epochs: 'epoch num-epochs',
  augment: 'augmentation aug transforms',
  quiet: 'silent q',
  batch: 'bs batch-size b',
  'micro-batches': 'accumulate grad-accum gradient-accumulation-steps',
  out: 'output output-dir out-dir outdir dir o',
  size: 'image-size img-size imgsz input-size resolution',
  optimizer: 'opt optim solver',
  decay: 'schedule scheduler lr-schedule lr-scheduler lr-policy',
  warmup: 'warmup-steps warm-up',
  'weight-decay': 'wd l2',
  smoothing: 'label-smoothing',
  balance: 'class-weights class-weight balanced',
  average: 'ema swa polyak',
  from: 'init weights pretrained finetune fine-tune',
  'held-out': 'test eval val validation',
  preset: 'model network arch config',
  resume: 'continue restore checkpoint load',
  'checkpoint-every': 'save-every save-steps',
  memory: 'max-memory vram gpu-memory',
  browser: 'chrome chromium executable',
  headed: 'show window gui no-headless',
  overwrite: 'force f',
};

/** What commander says of an unknown option, with the one that is meant where others call it so. */
export function withName(message: string, { options }: Command): string {
  const [, word = ''] = /^unknown option '--?([\w-]+)/.exec(message) ?? [];
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
  const isMeant = (name: string): boolean =>
    [name, ...(SYNONYMS[name]?.split(' ') ?? [])].some((other) => plain(other) === plain(word));
  const meant = options.find((option) => isMeant(option.name()))?.long;
  return meant ? message.replace(/ \(Did you mean.*|$/, ` (Did you mean ${meant}?)`) : message;
}

/** @throws {ValueError} for an option that came before the `--`, where npm takes it for its own */
export function requirePassed({ options }: Command, env: NodeJS.ProcessEnv): void {
  // These mean something to npm, too.
  const names = options
    .map((option) => option.name())
    .filter((name) => !['version', 'browser', 'cache'].includes(name));
  const taken = names.find((name) => env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined);
  if (taken === undefined) return;
  const advice = `write -- before it: npm start -- --${taken}`;
  throw new ValueError(`--${taken}`, 'npm took it for its own', undefined, advice);
}

/** @throws {ValueError} for options of which only one can count */
export function requireOnce({ options }: Command, args: readonly string[]): void {
  const given = new Map<string, string>();
  for (const arg of args) {
    const option = options.find(({ long }) => long === arg.split('=')[0]);
    if (!option || ['exclude', 'freeze', 'rate-of'].includes(option.name())) continue;
    const before = given.get(option.attributeName());
    if (before !== undefined)
      throw new ValueError('options', 'only one of these counts', `${before} and ${arg}`, 'leave one out');
    given.set(option.attributeName(), arg);
  }
}
