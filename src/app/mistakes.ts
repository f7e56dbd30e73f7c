import { classActivation } from '../explain/class_activation';
import { grid } from '../explain/grid';
import { googlenet } from '../models/googlenet';
import type { Tensor } from '../runtime/flat_buffer';
import { Classifier } from '../train/classifier';
import type { Why } from './events';
import { LAST_FEATURES } from './explain_layers';
import type { JudgeOptions } from './judge';
import type { Judgement } from './metrics';
import { painted } from './painted';

/** Mistakes that are looked at. */
const MOST = 8;

/** What was judged, and which of the held-out pictures each is. */
type Placed = Judgement & { readonly at: readonly number[] };

/** Looks once more at the mistakes of which the network was surest, and says what each place added to the wrong score. */
export async function explainMistakes(
  { engine, parameters, data, feed, settings }: JudgeOptions,
  { labels, guesses, probabilities, at }: Placed,
): Promise<Omit<Why, 'shown'>> {
  const wrong = labels.flatMap((label, index) => (guesses[index] === label ? [] : [index]));
  const sure = (index: number): number => probabilities[index] ?? 0;
  const mistakes = wrong.sort((a, b) => sure(b) - sure(a)).slice(0, MOST);
  const tensors = await parameters.readAll();
  const weights = tensors.get('linear5.weight') as Tensor;
  const filters = painted(grid(tensors.get('conv1.weight') as Tensor));
  if (mistakes.length === 0) return { mistakes, maps: [], filters };
  const { size: inputSize, width } = settings;
  const net = googlenet({ classes: data.classes.length, batch: 1, inputSize, width, aux: false });
  const { graph, images, scores2: scores } = net;
  const keep = [LAST_FEATURES];
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters, keep });
  const maps: Why['maps'][number][] = [];
  try {
    for (const index of mistakes) {
      // They could be decoded a moment ago.
      const { images: image } = await feed.judged(at[index] ?? 0, 1);
      const { kept } = image ? await classifier.run(image, { top: 1 }) : { kept: {} };
      const { [LAST_FEATURES]: features } = kept as Readonly<Record<string, Tensor | undefined>>;
      const map = features && classActivation({ features, weights, class: guesses[index] ?? 0 });
      maps.push({ shape: map?.shape ?? [1, 1], data: Array.from(map?.data ?? [0], rounded) });
    }
  } finally {
    classifier.destroy();
  }
  return { mistakes, maps, filters };
}

const rounded = (number: number): number => Number(number.toPrecision(4));
