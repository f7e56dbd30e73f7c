import { ValueError } from '../core/errors';
import { OPTIMIZERS, type OptimizerName } from '../optim/registry';
import { fineTuningOf, type FineTuning } from './fine_tuning';
import { EPOCHS_A_STEP, recipeOf, type AVERAGES, type RecipeName } from './recipes';
import type { DECAYS } from './schedule';

/** What a run is made of, complete. */
export interface RunSettings extends FineTuning {
  readonly preset: PresetName;
  /** Height and width of the images. */
  readonly size: number;
  /** Scales every channel count of the network. */
  readonly width: number;
  readonly batch: number;
  /** Equal parts that a batch comes in. */
  readonly microBatches: number;
  /** Bytes for activations, their gradients and working memory: what does not fit is computed again. Default: as many as it takes. */
  readonly recompute?: number;
  /** Kernels that are left out, as `npm run doctor` names them. */
  readonly exclude: readonly string[];
  readonly steps: number;
  readonly recipe: RecipeName;
  readonly optimizer: OptimizerName;
  /** Default: the optimizer's own. */
  readonly weightDecay?: number;
  /** Learning rate after the warm-up. */
  readonly rate: number;
  /** Steps in which the rate rises from 0. */
  readonly warmup: number;
  /** How the rate goes from there to the last step. */
  readonly decay: (typeof DECAYS)[number];
  /** Steps after which the rate falls, with the decay `step`. */
  readonly every?: number;
  /** A running average of the weights, which is handed over in their place. */
  readonly average: (typeof AVERAGES)[number];
  readonly dropout: { readonly main: number; readonly aux: number };
  /** Share of each picture's target that is spread evenly over all classes. */
  readonly smoothing?: number;
  /** Whether each class counts the same, however many pictures it has, and by that what each of its pictures counts. */
  readonly balance?: boolean;
  readonly classWeights?: readonly number[];
  /** Of initial weights, dropout and the order of the images. */
  readonly seed: number;
  /** Images to classify at the end; of one's own pictures all that are held out. */
  readonly heldOut: number;
  /** How training pictures are varied: see `AUGMENTATIONS`. Digits are not. */
  readonly augment?: Augmentation;
  /** Alpha of `mixUp`. Default: pictures are not mixed. */
  readonly mixUp?: number;
}

/** `none`: the centre; `mirror`: that, mirrored half of the time; `paper`: the paper's crops, colours and interpolations. */
export const AUGMENTATIONS = ['none', 'mirror', 'paper'] as const;
export type Augmentation = (typeof AUGMENTATIONS)[number];

type Preset = Pick<
  RunSettings,
  'size' | 'width' | 'batch' | 'steps' | 'optimizer' | 'warmup' | 'decay' | 'dropout'
> & {
  /** Where it was tried; other optimizers take their own. */
  readonly rates: Readonly<Partial<Record<OptimizerName, number>>>;
  /** Part of a recipe's own rate. */
  readonly part: number;
};

export const PRESETS = {
  /** The network of Table 1 as it stands: for a GPU. */
  table1: {
    size: 224,
    width: 1,
    batch: 32,
    // Tried with PyTorch: 96 % of held-out digits after 200 steps.
    steps: 200,
    optimizer: 'adam',
    rates: { adam: 0.0003, adamw: 0.0003, sgd: 0.01 },
    part: 1,
    warmup: 10,
    decay: 'none',
    dropout: { main: 0.4, aux: 0.7 },
  },
  /** All nine modules and both auxiliary classifiers, with an eighth of the channels: a few minutes on two cores. */
  small: {
    size: 80,
    width: 1 / 8,
    batch: 32,
    steps: 300,
    optimizer: 'adam',
    rates: { adam: 0.003, adamw: 0.003, sgd: 0.03 },
    // With so few channels, losses jump back at 0.01.
    part: 0.4,
    warmup: 10,
    decay: 'linear',
    // With so few channels and steps, dropout costs more than it gives.
    dropout: { main: 0, aux: 0 },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** What somebody asked for; recipe and preset give the rest. */
export interface Wishes extends FineTuning {
  /** `auto` chooses by the adapter. */
  readonly preset: PresetName | 'auto';
  readonly size?: number;
  readonly width?: number;
  readonly batch?: number;
  readonly microBatches?: number;
  readonly recompute?: number;
  readonly exclude?: readonly string[];
  readonly steps?: number;
  /** In place of steps: how often each picture is learnt from. */
  readonly epochs?: number;
  /** Default: `adam`. */
  readonly recipe?: RecipeName;
  readonly optimizer?: OptimizerName;
  readonly weightDecay?: number;
  readonly rate?: number;
  readonly warmup?: number;
  readonly decay?: RunSettings['decay'];
  readonly average?: RunSettings['average'];
  readonly smoothing?: number;
  readonly balance?: boolean;
  readonly seed: number;
  readonly heldOut: number;
  readonly augment?: Augmentation;
  readonly mixUp?: number;
}

export interface Choice {
  readonly settings: RunSettings;
  /** A sentence for the person who did not choose, where the preset is not the full network. */
  readonly because: string | undefined;
}

/**
 * Settings for an adapter: the full network on a GPU, the small one where the CPU has to do the work.
 * @param count pictures to learn from, for epochs
 * @param counts the same by class, for a loss that is balanced
 * @throws {ValueError} if the batch cannot be had in so many equal parts
 */
export function chooseSettings(
  wishes: Wishes,
  adapter: { readonly adapterName: string; readonly software: boolean },
  count = NaN,
  counts: readonly number[] = [],
): Choice {
  const { preset: wished, seed, heldOut, microBatches = 1, recompute, exclude = [], augment } = wishes;
  const { smoothing, balance, mixUp } = wishes;
  const name = wished === 'auto' ? (adapter.software ? 'small' : 'table1') : wished;
  const preset: Preset = PRESETS[name];
  const { size, width, batch, dropout } = preset;
  const { recipe = 'adam' } = wishes;
  const given = recipeOf(recipe);
  const optimizer = wishes.optimizer ?? given.optimizer ?? preset.optimizer;
  const own = optimizer === given.optimizer && given.rate ? given.rate * preset.part : undefined;
  const decay = wishes.decay ?? given.decay ?? preset.decay;
  const images = wishes.batch ?? batch;
  const steps = wishes.steps ?? (wishes.epochs ? Math.ceil((wishes.epochs * count) / images) : preset.steps);
  const rise = decay === 'one-cycle' ? Math.round(0.3 * steps) : preset.warmup;
  const weightDecay = wishes.weightDecay ?? given.weightDecay;
  const settings: RunSettings = {
    preset: name,
    size: wishes.size ?? size,
    width: wishes.width ?? width,
    batch: images,
    microBatches,
    ...(recompute !== undefined && { recompute }),
    exclude,
    steps,
    recipe,
    optimizer,
    ...(weightDecay !== undefined && { weightDecay }),
    rate: wishes.rate ?? own ?? preset.rates[optimizer] ?? OPTIMIZERS[optimizer].rate,
    warmup: wishes.warmup ?? rise,
    decay,
    ...(decay === 'step' && { every: Math.max(1, Math.round((EPOCHS_A_STEP * count) / images)) }),
    average: wishes.average ?? given.average ?? 'none',
    dropout,
    ...(smoothing !== undefined && { smoothing }),
    ...(balance && { balance, classWeights: balanced(counts) }),
    seed,
    heldOut,
    ...(augment && { augment }),
    ...(mixUp !== undefined && { mixUp }),
    ...fineTuningOf(wishes),
  };
  requireParts(settings);
  if (wishes.warmup !== undefined && wishes.warmup >= steps) {
    const problem = `must be shorter than the run, of ${steps} steps`;
    throw new ValueError('--warmup', problem, `${wishes.warmup}`, 'give less, or more --steps');
  }
  const chosen = wished === 'auto' && adapter.software;
  return { settings, because: chosen ? becauseOf(adapter.adapterName) : undefined };
}

/** Weights of classes, 1 on average over the pictures; so many digits that they are told alike everywhere. */
function balanced(counts: readonly number[]): number[] {
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.map((count) => Number((mean / count).toPrecision(6)));
}

function requireParts({ batch, microBatches }: RunSettings): void {
  if (batch % microBatches === 0) return;
  const possible = divisorsOf(batch).join(', ');
  const got = `${microBatches}`;
  const advice = `take one of ${possible}, or another batch`;
  throw new ValueError('--micro-batches', `a batch of ${batch} must come in equal parts`, got, advice);
}

/** From 1 on. */
export const divisorsOf = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => index + 1).filter((part) => count % part === 0);

function becauseOf(adapterName: string): string {
  const adapter = /swiftshader/i.test(adapterName) ? 'SwiftShader' : adapterName;
  const { size, width } = PRESETS.small;
  return (
    `${adapter} computes on the CPU, so the preset small is used: all nine modules and both auxiliary classifiers, ` +
    `with 1/${1 / width} of the channels, on images of ${size} x ${size} (--preset table1 takes the full network).`
  );
}
