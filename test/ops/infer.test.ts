// What each op accepts and refuses, without a GPU. Errors name the layer and both shapes.
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/core/errors';
import type { TensorSpec } from '../../src/core/op';
import { slidingWindow, type Shape } from '../../src/core/shape';
import { add } from '../../src/ops/add';
import { avgPool } from '../../src/ops/avg_pool';
import { bias } from '../../src/ops/bias';
import { binaryCrossEntropy } from '../../src/ops/binary_cross_entropy';
import { concat, slice } from '../../src/ops/concat';
import { crop } from '../../src/ops/crop';
import type { CropAttrs } from '../../src/ops/crop_attributes';
import { crossEntropy } from '../../src/ops/cross_entropy';
import { dropout } from '../../src/ops/dropout';
import { flatten, unflatten } from '../../src/ops/flatten';
import { localResponseNorm } from '../../src/ops/local_response_norm';
import { maxPool } from '../../src/ops/max_pool';
import { meanSquaredError } from '../../src/ops/mean_squared_error';
import { relu } from '../../src/ops/relu';
import { softCrossEntropy } from '../../src/ops/soft_cross_entropy';

const f32 = (...shape: Shape): TensorSpec => ({ shape, dtype: 'f32' });
const u32 = (...shape: Shape): TensorSpec => ({ shape, dtype: 'u32' });
const flat: TensorSpec = { shape: [2, 12], dtype: 'f32', plane: [3, 2, 2] };
const window = (kernel: number, stride: number, padding: number) => ({
  window: slidingWindow('layer', kernel, stride, padding),
});

describe('outputs', () => {
  it.each<[string, Record<string, TensorSpec>, Record<string, TensorSpec>]>([
    ['bias', bias.infer('layer', { x: f32(2, 3, 5, 7), b: f32(3) }, {}), { y: f32(2, 3, 5, 7) }],
    ['relu keeps a plane', relu.infer('layer', { x: flat }, {}), { y: flat }],
    ['add', add.infer('layer', { x0: f32(2, 3), x1: f32(2, 3) }, {}), { y: f32(2, 3) }],
    ['add of planes', add.infer('layer', { x0: flat, x1: flat }, {}), { y: flat }],
    [
      'max_pool',
      maxPool.infer('layer', { x: f32(2, 3, 8, 9) }, window(3, 2, 1)),
      { y: f32(2, 3, 4, 5), argmax: u32(2, 3, 4, 5) },
    ],
    ['avg_pool', avgPool.infer('layer', { x: f32(2, 3, 14, 14) }, window(5, 3, 0)), { y: f32(2, 3, 4, 4) }],
    [
      'concat',
      concat.infer('layer', { x0: f32(2, 3, 5, 7), x1: f32(2, 1, 5, 7) }, {}),
      { y: f32(2, 4, 5, 7) },
    ],
    [
      'slice',
      slice.infer('layer', { x: f32(2, 9, 5, 7) }, { first: 4, channels: 2 }),
      { y: f32(2, 2, 5, 7) },
    ],
    [
      'flatten',
      flatten.infer('layer', { x: f32(2, 3, 4, 5) }, {}),
      { y: { ...f32(2, 60), plane: [3, 4, 5] } },
    ],
    ['flatten of features', flatten.infer('layer', { x: flat }, {}), { y: flat }],
    ['unflatten', unflatten.infer('layer', { x: flat }, { shape: [2, 3, 2, 2] }), { y: f32(2, 3, 2, 2) }],
    [
      'unflatten of pixels',
      unflatten.infer('layer', { x: f32(2, 3) }, { shape: [2, 3, 1, 1] }),
      { y: f32(2, 3, 1, 1) },
    ],
    ['unflatten of features', unflatten.infer('layer', { x: flat }, { shape: [2, 12] }), { y: flat }],
    ['dropout', dropout.infer('layer', { x: f32(2, 5) }, { p: 0, layer: 'drop' }), { y: f32(2, 5) }],
    ['cross_entropy', crossEntropy.infer('layer', { x: f32(2, 5), labels: u32(2) }, {}), { loss: f32() }],
    [
      'crop',
      crop.infer('layer', { x: u32(2, 99), table: f32(2, 22) }, { size: 7 }),
      { y: { ...f32(2, 3, 7, 7), paddedRows: true } },
    ],
  ])('%s', (_what, outputs, expected) => {
    expect(outputs).toEqual(expected);
  });
});

const cropped = (x: TensorSpec, table: TensorSpec, attrs: object) => () =>
  crop.infer('crop', { x, table }, attrs as CropAttrs);

describe('refusals', () => {
  it.each<[string, () => unknown, string]>([
    [
      'bias of another length',
      () => bias.infer('conv1', { x: f32(2, 3, 5, 7), b: f32(4) }, {}),
      'conv1: bias must be [3] for x [2, 3, 5, 7]; got b [4]',
    ],
    [
      'bias on a flattened plane',
      () => bias.infer('fc', { x: flat, b: f32(12) }, {}),
      'fc: x must not be a flattened plane; got [2, 12] from a plane of [3, 2, 2]',
    ],
    [
      'relu of rank 3',
      () => relu.infer('conv1/relu', { x: f32(2, 3, 4) }, {}),
      'conv1/relu: x must be (N, F) or (N, C, H, W); got [2, 3, 4]',
    ],
    [
      'add of different shapes',
      () => add.infer('sum', { x0: f32(2, 3), x1: f32(3, 2) }, {}),
      'sum: both tensors must have the same shape; got x0 [2, 3] and x1 [3, 2]',
    ],
    [
      'add of a plane to features',
      () => add.infer('sum', { x0: flat, x1: f32(2, 12) }, {}),
      'sum: x0 and x1 must be flattened planes of the same shape, or neither; got planes [3, 2, 2] and none',
    ],
    [
      'max_pool padded by more than half its kernel',
      () => maxPool.infer('pool1', { x: f32(2, 3, 8, 8) }, window(3, 2, 2)),
      'pool1: padding must be at most half of the 3x3 kernel; got padding [2, 2, 2, 2] for x [2, 3, 8, 8]',
    ],
    [
      'avg_pool padded by more than half its kernel on one side',
      () => {
        const padding = slidingWindow('pool', [4, 1], 1, [0, 0, 0, 1]);
        return avgPool.infer('pool', { x: f32(2, 3, 8, 8) }, { window: padding });
      },
      'pool: padding must be at most half of the 4x1 kernel; got padding [0, 0, 0, 1] for x [2, 3, 8, 8]',
    ],
    [
      'avg_pool of a plane that is too small',
      () => avgPool.infer('head/pool', { x: f32(2, 3, 7, 6) }, window(7, 1, 0)),
      'head/pool: a 7x7 window with padding [0, 0, 0, 0] does not fit; got a plane of 7x6',
    ],
    [
      'max_pool of features',
      () => maxPool.infer('pool1', { x: f32(2, 3) }, window(3, 2, 1)),
      'pool1: x must be (N, C, H, W); got [2, 3]',
    ],
    [
      'crop of planes',
      cropped(u32(2, 1, 9, 11), f32(2, 22), { size: 7 }),
      'crop: x must be (N, P); got [2, 1, 9, 11]',
    ],
    [
      'crop by a table of another batch',
      cropped(u32(2, 99), f32(3, 22), { size: 7 }),
      'crop: table must be [2, 22] for x [2, 99]; got [3, 22]; cropTable makes it',
    ],
    [
      'concat of different planes',
      () => concat.infer('3a', { x0: f32(2, 3, 5, 7), x1: f32(2, 1, 5, 6) }, {}),
      '3a: all inputs must have the same shape but for their channels; got [2, 3, 5, 7], [2, 1, 5, 6]',
    ],
    [
      'concat of different ranks',
      () => concat.infer('3a', { x0: f32(2, 3, 1, 1), x1: f32(2, 3) }, {}),
      '3a: all inputs must have the same shape but for their channels; got [2, 3, 1, 1], [2, 3]',
    ],
    [
      'concat of nothing',
      () => concat.infer('3a', {}, {}),
      '3a: inputs must be named x0, x1 and so on; got none',
    ],
    [
      'concat of other names',
      () => concat.infer('3a', { x0: f32(2, 3), x2: f32(2, 3) }, {}),
      '3a: inputs must be named x0, x1 and so on; got x0, x2',
    ],
    [
      'slice beyond the channels',
      () => slice.infer('cut', { x: f32(2, 9, 5, 7) }, { first: 8, channels: 2 }),
      'cut: 2 channels from channel 8 must lie within x; got x [2, 9, 5, 7]',
    ],
    [
      'flatten of rank 3',
      () => flatten.infer('flat', { x: f32(2, 3, 4) }, {}),
      'flat: x must be (N, F) or (N, C, H, W); got [2, 3, 4]',
    ],
    [
      'unflatten to another size',
      () => unflatten.infer('flat', { x: flat }, { shape: [2, 3, 2, 3] }),
      'flat: x must be a tensor of [2, 3, 2, 3], flattened; got [2, 12] from a plane of [3, 2, 2]',
    ],
    [
      'unflatten of features that were no plane',
      () => unflatten.infer('flat', { x: f32(2, 12) }, { shape: [2, 3, 2, 2] }),
      'flat: x must be a tensor of [2, 3, 2, 2], flattened; got [2, 12]',
    ],
    [
      'cross_entropy with labels of another batch',
      () => crossEntropy.infer('loss', { x: f32(4, 10), labels: u32(3) }, {}),
      'loss: labels must be [4] for x [4, 10]; got labels [3]',
    ],
    [
      'local_response_norm of a flattened plane',
      () => localResponseNorm.infer('norm', { x: flat }, { size: 5 }),
      'norm: x must be (N, C, H, W); got [2, 12]',
    ],
    [
      'cross_entropy of a flattened plane',
      () => crossEntropy.infer('loss', { x: flat, labels: u32(2) }, {}),
      'loss: x must not be a flattened plane; got [2, 12] from a plane of [3, 2, 2]',
    ],
    [
      'soft_cross_entropy of images',
      () => softCrossEntropy.infer('loss', { x: f32(4, 10, 1, 1), targets: f32(4, 10, 1, 1) }, {}),
      'loss: x must be (N, K); got [4, 10, 1, 1]',
    ],
    [
      'soft_cross_entropy with targets of other classes',
      () => softCrossEntropy.infer('loss', { x: f32(4, 10), targets: f32(4, 9) }, {}),
      'loss: targets must have the shape of x, [4, 10]; got targets [4, 9]',
    ],
    [
      'soft_cross_entropy with too few weights',
      () => softCrossEntropy.infer('loss', { x: f32(4, 3), targets: f32(4, 3) }, { classWeights: [1, 2] }),
      'loss: classWeights must be 3, one for each class; got 2',
    ],
    [
      'binary_cross_entropy with targets of another shape',
      () => binaryCrossEntropy.infer('loss', { x: f32(4, 3), targets: f32(4, 3, 1, 1) }, {}),
      'loss: targets must have the shape of x, [4, 3]; got targets [4, 3, 1, 1]',
    ],
    [
      'mean_squared_error of a flattened plane and features',
      () => meanSquaredError.infer('loss', { x: flat, targets: f32(2, 12) }, {}),
      'loss: x and targets must be flattened planes of the same shape, or neither',
    ],
  ])('%s', (_what, act, message) => {
    expect(act).toThrow(ShapeError);
    expect(act).toThrow(message);
  });

  it.each<[string, () => unknown, string]>([
    [
      'whole numbers for x',
      () => relu.infer('conv1/relu', { x: u32(2, 3) }, {}),
      'conv1/relu: x must hold float32 numbers; got u32',
    ],
    [
      'float32 labels',
      () => crossEntropy.infer('loss', { x: f32(4, 10), labels: f32(4) }, {}),
      'loss: labels must hold whole numbers (u32); got f32',
    ],
    [
      'crop of numbers',
      cropped(f32(2, 99), f32(2, 22), { size: 7 }),
      'crop: x must hold packed pixels, u32; got f32',
    ],
    [
      'crop by a table of whole numbers',
      cropped(u32(2, 99), u32(2, 22), { size: 7 }),
      'crop: table must hold float32 numbers; got u32',
    ],
    ['crop without a size', cropped(u32(2, 99), f32(2, 22), {}), 'crop: its options lacks size; got []'],
    [
      'crop to more than positions can count',
      cropped(u32(2, 99), f32(2, 22), { size: 2048 }),
      'crop: size must be a whole number from 1 to 2047; got 2048',
    ],
    [
      'crop with a deviation of 0',
      cropped(u32(2, 99), f32(2, 22), { size: 7, deviation: [1, 0, 1] }),
      'crop: deviation must be 3 numbers above 0; got [1, 0, 1]',
    ],
    [
      'crop with a mean that is no list',
      cropped(u32(2, 99), f32(2, 22), { size: 7, mean: 0.5 }),
      'crop: mean must be 3 finite numbers; got 0.5',
    ],
    ...[1, -0.1, NaN].map((p): [string, () => unknown, string] => [
      `dropout with p = ${p}`,
      () => dropout.infer('drop', { x: f32(2, 3) }, { p, layer: 'drop' }),
      `drop: p must be at least 0 and below 1; got ${p}`,
    ]),
    ...(
      [
        [{ size: 0 }, 'size must be a whole number from 1'],
        [{ size: 2.5 }, 'size must be a whole number from 1'],
        [{ alpha: -1 }, 'alpha must be a finite float32 number from 0; got -1'],
        [{ alpha: 1e39 }, 'alpha must be a finite float32 number from 0; got 1e+39'],
        [{ beta: 0 }, 'beta must be a finite float32 number above 0; got 0'],
        [{ beta: NaN }, 'beta must be a finite float32 number above 0; got NaN'],
        [{ k: 0 }, 'k must be a finite float32 number above 0; got 0'],
        [{ k: 1e-30 }, 'k^-(beta + 1) must be finite; got k 1e-30, beta 0.75; a larger k or a smaller beta'],
      ] as const
    ).map(([attrs, problem]): [string, () => unknown, string] => [
      `local_response_norm with ${JSON.stringify(attrs)}`,
      () => localResponseNorm.infer('norm', { x: f32(2, 8, 3, 3) }, { size: 5, ...attrs }),
      `norm: ${problem}`,
    ]),
    ...(
      [
        [{ smoothing: 1.5 }, 'smoothing must be a finite float32 number from 0 to 1; got 1.5'],
        [{ smoothing: NaN }, 'smoothing must be a finite float32 number from 0 to 1; got NaN'],
        [{ classWeights: [1, -1] }, 'each of classWeights must be a finite float32 number from 0; got -1'],
        [{ weight: [1, 1] }, 'has no such option; got weight'],
      ] as const
    ).map(([attrs, problem]): [string, () => unknown, string] => [
      `soft_cross_entropy with ${JSON.stringify(attrs)}`,
      () => softCrossEntropy.infer('loss', { x: f32(4, 2), targets: f32(4, 2) }, attrs as object),
      `loss: ${problem}`,
    ]),
    [
      'mean_squared_error with whole numbers',
      () => meanSquaredError.infer('loss', { x: f32(4, 2), targets: u32(4, 2) }, {}),
      'loss: targets must hold float32 numbers; got u32',
    ],
  ])('%s', (_what, act, message) => {
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
  });
});
