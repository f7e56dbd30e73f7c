import type { MemoryEstimate } from '../graph/memory/estimate';
import type { DiagnoseProgress } from '../doctor/diagnose';
import type { Profile } from '../runtime/profile';
import type { Guess } from '../train/classifier';
import type { RunSettings, Wishes } from '../train/presets';
import type { BenchEvent } from './bench_run';
import type { Feeding } from './data_set';
import type { JudgingOptions } from './judging_options';
import type { NumberedPictures } from './picture_data';

/** The three classifiers, in the order in which they are shown. */
export const HEADS = ['main', 'aux1', 'aux2'] as const;
export type HeadName = (typeof HEADS)[number];

/** One training step. */
export interface StepRecord {
  /** Steps done, this one included. */
  readonly step: number;
  readonly rate: number;
  /** Weighted sum of the three losses. */
  readonly total: number;
  /** Of all gradients, before clipping. */
  readonly gradientNorm: number;
  readonly losses: Readonly<Record<HeadName, number>>;
  /** From the end of the step before (or the start) to the end of this one. */
  readonly seconds: number;
}

/** What training will take, told before anything is allocated. */
export type Memory = Omit<MemoryEstimate, 'plan'>;

/** What held-out pictures said after so many steps. */
export interface Judged {
  readonly step: number;
  /** Share of them that was named rightly. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  readonly count: number;
}

/** What is known once the network is ready. */
export interface Ready {
  readonly adapter: string;
  readonly software: boolean;
  readonly settings: RunSettings;
  /** What is learnt: the data set's name, its classes, and pictures to learn from and to be judged by. */
  readonly data: {
    readonly name: string;
    readonly classes: number;
    readonly count: number;
    readonly judged: number;
  };
  /** Why this preset, where nobody chose it. */
  readonly because?: string;
  readonly parameters: number;
  readonly pipelines: number;
  /** To compile them. */
  readonly compileSeconds: number;
  /** Where the choice of kernels comes from, in words. */
  readonly kernels: string;
  /** What went wrong with it but was done without. */
  readonly notes: readonly string[];
  /** To make graph, buffers and pipelines, and to time kernels where that is done. */
  readonly seconds: number;
}

/** What the network made of held-out pictures. */
export interface Evaluation {
  readonly correct: number;
  /** Pictures judged. */
  readonly count: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Of how many the class is among the five likeliest. */
  readonly amongFive: number;
  readonly classes: readonly string[];
  /** Of each picture: its class, the one that it was taken for, and with which probability. */
  readonly labels: readonly number[];
  readonly guesses: readonly number[];
  readonly probabilities: readonly number[];
  readonly shown: Shown;
  readonly why?: Why;
}

/** What the network looked at where it was surest and wrong. */
export interface Why {
  /** Places of the worst mistakes in the lists above, the surest first. */
  readonly mistakes: readonly number[];
  /** Of each the class activation map of what it was taken for. */
  readonly maps: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly shown: Shown;
  /** Of the first layer. */
  readonly filters: Painted;
}

/** Small views of the first pictures, all of one size. */
export interface Shown {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** The bytes R, G and B of each pixel of each picture, in base 64. */
  readonly pixels: string;
}

/** What a profile is one run of. */
export type ProfiledWork = 'training step' | 'classification';

/** What a training run tells; `compiling`, `step` and `classified` come many times, `tuning` and `profile` only where it is done. */
export type TrainingEvent =
  | { readonly kind: 'memory'; readonly memory: Memory }
  /** Kernels are being timed, for so many seconds at most. */
  | { readonly kind: 'tuning'; readonly budget: number }
  /** So many kernels of so many are compiled, so many seconds after the first was asked for. */
  | { readonly kind: 'compiling'; readonly done: number; readonly total: number; readonly seconds: number }
  | { readonly kind: 'ready'; readonly ready: Ready }
  /** The first batch as the network sees it, so many images. */
  | { readonly kind: 'batch'; readonly count: number; readonly view: Painted }
  | { readonly kind: 'step'; readonly record: StepRecord }
  /** Held-out pictures judged the network while it trains. */
  | { readonly kind: 'judged'; readonly judged: Judged }
  | { readonly kind: 'profile'; readonly of: ProfiledWork; readonly profile: Profile }
  /** A sentence for whoever watches: a device was lost, or what resuming cannot promise. */
  | { readonly kind: 'notice'; readonly text: string }
  /** A picture of somebody's own that can be decoded no more; `instead`: another of its class takes its place. */
  | {
      readonly kind: 'unusable';
      readonly index: number;
      readonly reason: string;
      readonly instead: boolean;
    }
  /** Where the time went that the pictures took. */
  | { readonly kind: 'fed'; readonly feeding: Feeding; readonly seconds: number }
  | { readonly kind: 'stopping' }
  /** `raw`: those of the last step, where `bytes` is an average. */
  | {
      readonly kind: 'weights';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly raw?: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: 'classified'; readonly done: number; readonly count: number }
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation };

/** What a training page tells Node before its end: weights travel apart. */
export type PageEvent = Exclude<TrainingEvent, { kind: 'weights' }>;

/** What a network makes of one picture. */
export interface Answer {
  /** The picture's number. */
  readonly index: number;
  /** The likeliest classes, best first; none where the picture cannot be decoded. */
  readonly top: readonly Guess[];
  /** Of its own class, where that is known. */
  readonly probability?: number;
  /** Why it cannot be decoded. */
  readonly fault?: string;
}

/** What a page that classifies tells before its end. */
export type ClassifyEvent =
  | {
      readonly kind: 'opened';
      readonly adapter: string;
      /** What came before: the device, the weights, the kernels. */
      readonly seconds: Readonly<Record<'device' | 'weights' | 'compile', number>>;
    }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  /** So many noisy copies of so many have given their gradients. */
  | { readonly kind: 'smoothed'; readonly done: number; readonly count: number }
  | { readonly kind: 'explained'; readonly explanation: Explanation };

/** What shall be explained of a picture. */
export interface ExplainWishes {
  /** Default: the likeliest. */
  readonly class?: number | undefined;
  /** Whose feature maps are shown. */
  readonly layer: string;
  /** Noisy copies whose gradients are averaged. */
  readonly samples: number;
}

/** A picture, to be told: the bytes R, G, B, A of each pixel, in base 64. */
export interface Painted {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

/** Why a network says what it says of a picture. */
export interface Explanation {
  /** Of which class the gradient is. */
  readonly class: number;
  /** As the network sees it. */
  readonly picture: Painted;
  /** Class activation maps over the picture: of the likeliest class, and of the one that was asked for, if it is another. */
  readonly maps: readonly {
    readonly class: number;
    readonly probability: number;
    readonly view: Painted;
  }[];
  readonly gradient: Painted;
  /** The layer's feature maps, so many. */
  readonly features: { readonly count: number; readonly view: Painted };
  /** Of the first layer. */
  readonly filters: Painted;
}

/** What a page that checks the GPU tells Node before its end. */
export type DoctorEvent =
  | { readonly kind: 'checking'; readonly progress: DiagnoseProgress }
  | { readonly kind: 'checked'; readonly ok: boolean; readonly text: string };

/** The last that Node hears; before it, now and then, that the page and its GPU get on. */
export type EndEvent =
  { readonly kind: 'alive' } | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly fault: Fault };

/** An error's parts: see `EngineError`. */
export interface Fault {
  readonly name: string;
  readonly where: string;
  readonly problem: string;
  readonly got?: string | undefined;
  readonly advice?: string | undefined;
}

/** Pictures of somebody's own, which the page asks Node for by number. */
export interface PagePictures extends NumberedPictures {
  /** Bytes of decoded ones that are kept. */
  readonly cache: number;
}

/** What Node tells the page before it starts. */
export interface PageOptions {
  readonly wishes: Wishes;
  /** What is learnt, where it is not digits. */
  readonly pictures?: PagePictures | undefined;
  /** Goes into the weights file beside the settings. */
  readonly version: string;
  /** Time a training step and a classification, launch by launch. */
  readonly profile?: boolean | undefined;
  /** True: time kernels anew, on any adapter; false: never; left out: on GPUs, where no earlier run did. */
  readonly tune?: boolean | undefined;
  /** Nothing is learnt but which rate suits: see `findRate`. */
  readonly findRate?: boolean | undefined;
  /** Tell the first batch as the network sees it. */
  readonly dumpBatch?: boolean | undefined;
  /** When held-out pictures judge it while it trains. Default: only at the end. */
  readonly judging?: JudgingOptions | undefined;
  /** Bytes of GPU memory that training may take. Default: what the device gives. */
  readonly memory?: number | undefined;
  /** Steps after which a checkpoint is written, where its time has not come before. */
  readonly checkpointEvery?: number | undefined;
}

/** What is done about each kind of event. */
export type Handlers<E extends { readonly kind: string }> = {
  readonly [K in E['kind']]: (event: Extract<E, { readonly kind: K }>) => void;
};

export function handle<E extends { readonly kind: string }>(event: E, handlers: Handlers<E>): void {
  (handlers[event.kind as E['kind']] as (event: E) => void)(event);
}

declare global {
  interface Window {
    /** Node's ear; missing where nobody listens. */
    reportEvent?: (event: PageEvent | DoctorEvent | ClassifyEvent | BenchEvent | EndEvent) => Promise<void>;
    /** Ends training after the step under way. */
    stopTraining?: () => void;
  }
}
