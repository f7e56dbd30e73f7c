import type { JobContext } from '../job';
import { attempt } from '../attempt';
import { sharedEngine } from '../engine';
import { CLASSES, IMAGE, smallImages, smallNetwork } from '../small_trainer';
import { uniform } from '../../../src/core/random';
import { sizeOf } from '../../../src/core/shape';
import { classActivation, inputGradient, type InputGradientOptions } from '../../../src/explain';
import { googlenet } from '../../../src/models/googlenet';
import { Parameters } from '../../../src/runtime/parameters';
import { Classifier } from '../../../src/train/classifier';

/** Class activation maps of three images by all classes, with the scores and biases of the network. */
export async function activationMaps(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const net = googlenet({ classes: 4, batch: 2, inputSize: 100, width: 1 / 8, aux: false });
  const { graph, images, scores2: scores } = net;
  const parameters = await Parameters.create(engine, graph, { seed: 3, initial: 'he' });
  const keep = ['inception5b'];
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters, keep });
  const found = await classifier.run(uniform(3 * 3 * 100 * 100, 1, 1, 'photos'));
  const features = found.kept['inception5b']!;
  const all = await parameters.readAll();
  const weights = all.get('linear5.weight')!;
  const maps = [0, 1, 2].map((image) =>
    [0, 1, 2, 3].map((each) => classActivation({ features, weights, class: each, image })),
  );
  const bias = all.get('linear5.bias')!.data;
  classifier.destroy();
  parameters.destroy();
  return { maps, scores: found.scores, bias };
}

/** Gradients of a score for an image, and the slopes of the mean score of the noisy images, drawn once more here. */
export async function inputGradients(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const { graph, images, scores } = smallNetwork(4, 0.5);
  const parameters = await Parameters.create(engine, graph, { seed: 3, initial: 'he' });
  const { images: all } = smallImages(1, 5);
  const image = all.slice(0, sizeOf(IMAGE));
  const live = engine.counters.snapshot().liveBytes;
  const wish = { graph, images, scores, parameters, image, class: 1 };
  const make = (more: Partial<InputGradientOptions>) => inputGradient(engine, { ...wish, ...more });
  const told: number[] = [];
  const settings = { samples: 6, noise: 0.1, seed: 9 };
  const smooth = await make({ ...settings, onProgress: (done) => void told.push(done) });
  const again = await make(settings);
  const other = await make({ ...settings, seed: 10 });
  const plain = await make({ samples: 1, noise: 0 });
  const left = engine.counters.snapshot().liveBytes - live;

  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  /** The largest slope of the mean score over these images, of the channels of each pixel. */
  const slopes = async (of: readonly Float32Array[]): Promise<number[]> => {
    const SHIFT = 0.004;
    const moved = Array.from(image, (_, at) =>
      [SHIFT, -SHIFT].flatMap((shift) => of.map((each) => each.with(at, each[at]! + shift))),
    ).flat();
    const input = new Float32Array(moved.length * image.length);
    moved.forEach((each, index) => input.set(each, index * image.length));
    const found = (await classifier.run(input)).scores.filter((_, at) => at % CLASSES === 1);
    const slope = (at: number): number => {
      const mine = found.slice(2 * of.length * at, 2 * of.length * (at + 1));
      const sum = mine.reduce((total, score, index) => total + (index < of.length ? score : -score), 0);
      return Math.abs(sum / of.length / (2 * SHIFT));
    };
    const area = IMAGE[1] * IMAGE[2];
    return Array.from({ length: area }, (_, place) =>
      Math.max(...[0, 1, 2].map((channel) => slope(channel * area + place))),
    );
  };
  const deviation = 0.1 * (Math.max(...image) - Math.min(...image));
  const noisy = Array.from({ length: 6 }, (_, sample) => {
    const drawn = uniform(2 * image.length, 1, 9, `noise ${sample}`);
    return image.map((number, at) => {
      const [u, v] = [(1 - drawn[2 * at]!) / 2, drawn[2 * at + 1]!];
      return number + deviation * Math.sqrt(-2 * Math.log(u)) * Math.cos(Math.PI * v);
    });
  });
  const expected = { smooth: await slopes(noisy), plain: await slopes([image]) };
  const spread = Math.hypot(...noisy.flatMap((each) => Array.from(each, (n, at) => n - image[at]!)));
  const messages = await attempt({
    'a class too many': () => make({ class: CLASSES }),
    'an image of another size': () => make({ image: image.slice(1) }),
    'an image of bytes': () => make({ image: new Uint8Array(108) as never }),
    'an unknown option': () => make({ count: 3 } as never),
    'scores of another graph': () => make({ scores: smallNetwork(3).scores }),
    stopped: () => make({ signal: AbortSignal.abort() }),
  });
  classifier.destroy();
  parameters.destroy();
  const noise = spread / Math.sqrt(noisy.length * image.length) / deviation;
  return { smooth, again, other, plain, expected, told, left, noise, messages };
}
