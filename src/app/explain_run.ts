import { AbortError } from '../core/errors';
import { cropOnCpu } from '../data/crop_on_cpu';
import type { DecodedPicture } from '../data/picture';
import { classActivation } from '../explain/class_activation';
import { grid } from '../explain/grid';
import { inputGradient } from '../explain/input_gradient';
import { overlay } from '../explain/overlay';
import { sizeOf } from '../core/shape';
import type { Tensor } from '../runtime/flat_buffer';
import { Classifier } from '../train/classifier';
import type { ClassifyRunOptions } from './classify_run';
import type { ExplainWishes } from './events';
import { LAST_FEATURES } from './explain_layers';
import { cardOf, loadNetwork } from './load_network';
import { painted } from './painted';
import { judgedCrop, reasonOf } from './picture_data';

/** Share of a gradient's pixels that may outshine the others (Smilkov et al. 2017, section 3.2). */
const CLIP = 0.01;

export interface ExplainRunOptions extends Omit<ClassifyRunOptions, 'labels' | 'crops'> {
  readonly explain: ExplainWishes;
}

/**
 * Explains what the network of a run says of one picture: its classes are told first, then, unless it was stopped, the maps.
 * @throws {ValueError} if the weights lack tensors of the network; what the engine throws
 */
export async function explainRun(run: ExplainRunOptions): Promise<void> {
  const { load, onEvent, signal, explain } = run;
  const start = performance.now();
  const engine = await run.open();
  try {
    const device = (performance.now() - start) / 1000;
    const card = cardOf(run.weights);
    const { classes, size, mean, deviation } = card;
    const { graph, images, scores2: scores, parameters } = await loadNetwork(engine, card, run.weights, 1);
    const loaded = performance.now();
    const keep = [LAST_FEATURES, explain.layer];
    const classifier = await Classifier.create(engine, { graph, images, scores, parameters, keep });
    const compile = (performance.now() - loaded) / 1000;
    const weights = (loaded - start) / 1000 - device;
    await onEvent({ kind: 'opened', adapter: engine.adapterName, seconds: { device, weights, compile } });

    let picture: DecodedPicture;
    try {
      picture = await load(0, 2 * size);
    } catch (error) {
      await onEvent({ kind: 'answers', answers: [{ index: 0, top: [], fault: reasonOf(error) }] });
      return;
    }
    const crop = judgedCrop(picture, size);
    const image = cropOnCpu(picture.data, crop, { size, mean, deviation });
    const top = Math.min(run.top, classes.length);
    const { top: tops, kept, probabilities } = await classifier.run(image, { top });
    const guesses = tops[0] ?? [];
    await onEvent({ kind: 'answers', answers: [{ index: 0, top: guesses }] });

    const guess = guesses[0]?.class ?? 0;
    const asked = explain.class ?? guess;
    const onProgress = (done: number, count: number) => onEvent({ kind: 'smoothed', done, count });
    const wish = { graph, images, scores, parameters, image, class: asked };
    // Its kernels are compiled first.
    await onProgress(0, explain.samples);
    const smooth = { samples: explain.samples, signal, onProgress };
    const slopes = await inputGradient(engine, { ...wish, ...smooth }).catch((error: unknown) => {
      if (!(error instanceof AbortError)) throw error;
    });
    if (!slopes) return;
    const tensors = await parameters.readAll();
    const tensor = (of: Readonly<Record<string, Tensor>>, name: string): Tensor => of[name] as Tensor;
    const features = tensor(kept, LAST_FEATURES);
    const last = tensors.get('linear5.weight') as Tensor;
    const seen = seenOf(cropOnCpu(picture.data, crop, { size }), size);
    const { shape, data } = tensor(kept, explain.layer);
    await onEvent({
      kind: 'explained',
      explanation: {
        class: asked,
        picture: painted(seen),
        maps: [...new Set([guess, asked])].map((each) => ({
          class: each,
          probability: probabilities[each] ?? NaN,
          view: painted(overlay(classActivation({ features, weights: last, class: each }), seen)),
        })),
        gradient: painted(overlay(slopes, seen, { opacity: 1, clip: CLIP })),
        features: { count: shape[1] ?? 0, view: painted(grid({ shape: shape.slice(1), data })) },
        filters: painted(grid(tensors.get('conv1.weight') as Tensor)),
      },
    });
  } finally {
    engine.destroy();
  }
}

/** Shares of 255, plane by plane, as a picture. */
function seenOf(planes: Float32Array, size: number): DecodedPicture {
  const area = sizeOf([size, size]);
  const data = Uint8Array.from({ length: 4 * area }, (_, at) =>
    at % 4 === 3 ? 255 : Math.round(255 * planes[(at % 4) * area + Math.floor(at / 4)]!),
  );
  return { width: size, height: size, data };
}
