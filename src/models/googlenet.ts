import type { Value } from '../core/op';
import { requireNumber, requireObject } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { checkOptions, group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { roundUp } from '../core/shape';
import { Graph } from '../graph/graph';
import type { PixelsAttrs } from '../ops/pixels';
import { coreLayers } from './core_layers';

/** Sizes and form of the network. */
export interface GoogLeNetOptions {
  readonly classes: number;
  /** Images per run. */
  readonly batch: number;
  /** Height and width of the images. Default 224. */
  readonly inputSize?: number;
  /**
   * `rgba8` takes images as bytes, a quarter of the upload, and makes (byte / 255 - mean) / deviation of them on the
   * GPU. Default `float32`.
   */
  readonly input?: 'float32' | 'rgba8';
  /** Mean and deviation for `rgba8`. Default 0 and 1. */
  readonly pixels?: PixelsAttrs;
  /** Scales every channel count, rounded up to a multiple of 8. Default 1. */
  readonly width?: number;
  /** With the two auxiliary classifiers. Default true. */
  readonly aux?: boolean;
  /** `train` has dropout; `infer` has none, and a trainer notes that. Default `infer`. */
  readonly mode?: 'train' | 'infer';
  /** Dropout of the main and the auxiliary classifiers. Default 0.4 and 0.7, the seed's and the paper's. */
  readonly dropout?: { readonly main: number; readonly aux: number };
}

const share = is.number({ least: 0, below: 1 });
const DROPOUT = group<{ main: number; aux: number }>({ main: is.needed(share), aux: is.needed(share) });
const OPTIONS: Rules<GoogLeNetOptions> = {
  classes: is.needed(is.whole(1)),
  batch: is.needed(is.whole(1)),
  inputSize: is.whole(1),
  input: is.oneOf('float32', 'rgba8'),
  pixels: is.anything, // checked by the op
  width: is.number({ above: 0 }),
  aux: is.flag,
  mode: is.oneOf('train', 'infer'),
  dropout: (where, name, value) => (value === null ? undefined : DROPOUT(where, name, value)),
};

/** Outputs of the network; scores0 and scores1 are the auxiliary classifiers' after 4a and 4d. */
export interface GoogLeNet {
  readonly graph: Graph;
  /** (N, 3, inputSize, inputSize), or packed (N, 1, inputSize, inputSize) for `rgba8`. */
  readonly images: Value;
  /** (N, classes) each. */
  readonly scores0?: Value;
  readonly scores1?: Value;
  readonly scores2: Value;
  /** What it lacks for training, where it was made for classifying: a sentence for `Trainer.notes`. */
  readonly lacks?: string;
}

/** Table 1 of "Going deeper with convolutions": #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj. */
const INCEPTION = {
  inception3a: [64, 96, 128, 16, 32, 32],
  inception3b: [128, 128, 192, 32, 96, 64],
  inception4a: [192, 96, 208, 16, 48, 64],
  inception4b: [160, 112, 224, 24, 64, 64],
  inception4c: [128, 128, 256, 24, 64, 64],
  inception4d: [112, 144, 288, 32, 64, 64],
  inception4e: [256, 160, 320, 32, 128, 128],
  inception5a: [256, 160, 320, 32, 128, 128],
  inception5b: [384, 192, 384, 48, 128, 128],
} as const;

type Module = keyof typeof INCEPTION;

/** Modules of a stage; a 3x3 max pool of stride 2 stands between stages. */
const STAGES: readonly (readonly Module[])[] = [
  ['inception3a', 'inception3b'],
  ['inception4a', 'inception4b', 'inception4c', 'inception4d', 'inception4e'],
  ['inception5a', 'inception5b'],
];

const HALVE = { kernel: 3, stride: 2, padding: 1 } as const;

/**
 * Inception v1 as a graph: the modules, names and parameters of the PyTorch tutorial that the project starts
 * from, so its `state_dict` fits. At width 1 and 1000 classes it has 13,378,280 parameters in 128 tensors, without
 * the auxiliary classifiers 6,998,552, and 1,582,671,872 multiply-adds forward per image of 224 x 224.
 *
 * @throws {ShapeError} if `inputSize` is too small for a pool
 * @throws {ValueError} for any other option that makes no sense
 */
export function googlenet(options: GoogLeNetOptions): GoogLeNet {
  checkOptions('googlenet', options, OPTIONS);
  const { classes, batch, inputSize = 224, width = 1, aux = true, mode = 'infer' } = options;
  const { input = 'float32', pixels } = options;
  const rates = options.dropout ?? { main: 0.4, aux: 0.7 };
  if (pixels && input !== 'rgba8') {
    throw new ValueError('googlenet', 'pixels is for bytes', `input '${input}'`, "give input: 'rgba8' too");
  }
  const scaled = (channels: number): number => roundUp(Math.ceil(channels * width), 8);

  const graph = new Graph();
  const net = coreLayers(graph);
  const images =
    input === 'rgba8'
      ? graph.input('images', [batch, 1, inputSize, inputSize], 'u32')
      : graph.input('images', [batch, 3, inputSize, inputSize]);
  const dropout = (name: string, x: Value, p: number) =>
    mode === 'train' && p > 0 ? net.dropout(name, x, p) : x;

  const inception = (name: Module, x: Value): Value => {
    const [one, reduce3, three, reduce5, five, pool] = INCEPTION[name].map(scaled) as unknown as Sixfold;
    // The three 1x1 convolutions that read x keep their weights side by side.
    const point = { kernel: 1, merge: `${name}.1x1` } as const;
    const branch1 = net.conv(`${name}.conv1`, x, { channels: one, ...point });
    const reduced2 = net.conv(`${name}.reduce2`, x, { channels: reduce3, ...point });
    const branch2 = net.conv(`${name}.conv2`, reduced2, { channels: three, kernel: 3, padding: 1 });
    const reduced3 = net.conv(`${name}.reduce3`, x, { channels: reduce5, ...point });
    const branch3 = net.conv(`${name}.conv3`, reduced3, { channels: five, kernel: 5, padding: 2 });
    const pooled = net.maxPool(`${name}.maxpool4`, x, { kernel: 3, stride: 1, padding: 1 });
    const branch4 = net.conv(`${name}.conv4`, pooled, { channels: pool, kernel: 1 });
    return net.concat(name, [branch1, branch2, branch3, branch4]);
  };

  const classifier = (name: string, x: Value): Value => {
    const [, , height = 0, across = 0] = x.shape;
    if (Math.min(height, across) < 5) {
      const got = `${height}x${across} from images of ${inputSize}x${inputSize}`;
      const advice = 'use inputSize 65 or more, or aux: false';
      throw new ShapeError(name, 'the auxiliary average pool needs planes of 5x5', got, advice);
    }
    const pooled = net.avgPool(`${name}.avgpool1`, x, { kernel: 5, stride: 3 });
    const mixed = net.conv(`${name}.conv2`, pooled, { channels: scaled(128), kernel: 1 });
    const flat = net.flatten(`${name}.flatten`, mixed);
    const hidden = net.linear(`${name}.fc3`, flat, { features: scaled(1024), relu: true });
    return net.linear(`${name}.fc5`, dropout(`${name}.dropout4`, hidden, rates.aux), { features: classes });
  };

  const colours = input === 'rgba8' ? net.pixels('pixels', images, pixels) : images;
  let x = net.conv('conv1', colours, { channels: scaled(64), kernel: 7, stride: 2, padding: 3 });
  x = net.maxPool('maxpool1', x, HALVE);
  x = net.conv('reduce2', x, { channels: scaled(64), kernel: 1 });
  x = net.conv('conv2', x, { channels: scaled(192), kernel: 3, padding: 1 });
  x = net.maxPool('maxpool2', x, HALVE);
  const taps = new Map<Module, Value>();
  STAGES.forEach((modules, stage) => {
    if (stage > 0) x = net.maxPool(`maxpool${stage + 2}`, x, HALVE);
    for (const module of modules) {
      x = inception(module, x);
      taps.set(module, x);
    }
  });
  const [, , height = 1, across = 1] = x.shape;
  x = net.avgPool('avgpool5', x, { kernel: [height, across], stride: 1 });
  x = dropout('dropout5', net.flatten('flatten5', x), rates.main);
  const scores2 = net.linear('linear5', x, { features: classes });
  const without = aux ? 'no dropout' : 'no dropout and no auxiliary classifiers';
  const lacks = `the network was made for classifying and has ${without}: mode 'train' makes it for training`;
  const made = { graph, images, scores2, ...(mode === 'infer' && { lacks }) };
  if (!aux) return made;
  const scores0 = classifier('aux_classifier1', taps.get('inception4a') as Value);
  const scores1 = classifier('aux_classifier2', taps.get('inception4d') as Value);
  return { ...made, scores0, scores1 };
}

type Sixfold = readonly [number, number, number, number, number, number];

/** Weight of the auxiliary losses in the total: section 5 of the paper. */
export const AUX_WEIGHT = 0.3;

/**
 * What a `Trainer` needs to know of the outputs: loss = main + auxWeight * aux1 + auxWeight * aux2.
 * @param network what `googlenet` made
 * @throws {ValueError} unless it is given a network, and a finite weight
 */
export function googlenetHeads(network: GoogLeNet, auxWeight = AUX_WEIGHT) {
  requireObject('googlenetHeads', 'the network', network, ['scores2']);
  requireNumber('googlenetHeads', 'auxWeight', auxWeight);
  const { scores0, scores1, scores2 } = network;
  const auxiliary = [
    { name: 'aux1', scores: scores0, weight: auxWeight },
    { name: 'aux2', scores: scores1, weight: auxWeight },
  ] as const;
  return [
    { name: 'main', scores: scores2, weight: 1 } as const,
    ...auxiliary.flatMap(({ scores, ...rest }) => (scores ? [{ ...rest, scores }] : [])),
  ];
}
