import { requireWhole } from '../core/check';
import { ShapeError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { formatShape } from '../core/shape';
import type { Tensor } from '../runtime/flat_buffer';
import { requireNumbers } from './tensor';

/** Of which network, picture and class. */
export interface ClassActivationOptions {
  /** What the layer before the global average pooling gives: (C, H, W), or (N, C, H, W) as a classifier keeps it. */
  readonly features: Tensor;
  /** Of the linear layer behind the pooling, (classes, C). */
  readonly weights: Tensor;
  /** Its number. */
  readonly class: number;
  /** Which of N images. Default 0. */
  readonly image?: number;
}

const OPTIONS: Rules<ClassActivationOptions> = {
  features: is.needed(is.anything),
  weights: is.needed(is.anything),
  class: is.needed(is.whole(0)),
  image: is.whole(0),
};

/**
 * Class activation map (Zhou et al. 2016, "Learning deep features for discriminative localization", equation 2): what each
 * place of a picture adds to the score of a class. It is exact where a global average pooling stands before the linear layer:
 * the map's mean, plus the layer's bias, is the score.
 *
 *     const { kept, top } = await classifier.run(image); // made with keep: ['inception5b']
 *     const weights = (await parameters.readAll()).get('linear5.weight')!;
 *     const map = classActivation({ features: kept['inception5b']!, weights, class: top[0]![0]!.class });
 *
 * @returns (H, W)
 * @throws {ShapeError | ValueError} for tensors that do not fit together, or a class or an image that there is not
 */
export function classActivation(options: ClassActivationOptions): Tensor {
  const where = 'classActivation';
  checkOptions(where, options, OPTIONS);
  const { features, weights, image = 0 } = options;
  requireNumbers(where, 'features', features, ['(C, H, W)', '(N, C, H, W)']);
  requireNumbers(where, 'weights', weights, ['(classes, C)']);
  const [count = 1, channels = 1, height = 1, width = 1] =
    features.shape.length === 4 ? features.shape : [1, ...features.shape];
  const [classes = 1, inputs] = weights.shape;
  if (inputs !== channels) {
    const got = `${formatShape(weights.shape)} for features of ${formatShape(features.shape)}`;
    throw new ShapeError(where, `weights must be (classes, ${channels})`, got);
  }
  requireWhole(where, 'class', options.class, 0, classes - 1);
  requireWhole(where, 'image', image, 0, count - 1);
  const area = height * width;
  const sums = new Float64Array(area);
  for (let channel = 0; channel < channels; channel++) {
    const weight = weights.data[options.class * channels + channel]!;
    const plane = (image * channels + channel) * area;
    for (let place = 0; place < area; place++) sums[place]! += weight * features.data[plane + place]!;
  }
  return { shape: [height, width], data: Float32Array.from(sums) };
}
