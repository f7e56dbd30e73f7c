import type { Engine } from '../gpu/engine';
import { googlenet } from '../models/googlenet';
import type { Parameters } from '../runtime/parameters';
import { profileProgram, type Profile } from '../runtime/profile';
import { Classifier } from '../train/classifier';
import type { RunSettings } from '../train/presets';
import type { DataSet, Feed } from './data_set';
import { judgementOf, type JudgedPicture, type Judgement } from './metrics';

export interface JudgeOptions {
  readonly engine: Engine;
  readonly parameters: Parameters;
  readonly data: DataSet;
  readonly feed: Feed;
  readonly settings: RunSettings;
}

/** Classifies held-out pictures with weights as they are; without dropout and auxiliary classifiers. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #classifier: Classifier;
  readonly #labels: readonly number[];

  private constructor(options: JudgeOptions, classifier: Classifier, labels: readonly number[]) {
    this.#options = options;
    this.#classifier = classifier;
    this.#labels = labels;
  }

  static async create(options: JudgeOptions): Promise<Judge> {
    const { engine, parameters, data, settings } = options;
    const { size, width } = settings;
    const labels = data.judged(settings);
    // No more at once than there is memory for.
    const batch = Math.max(1, Math.min(settings.batch / settings.microBatches, labels.length));
    const net = googlenet({ classes: data.classes.length, batch, inputSize: size, width, aux: false });
    const { graph, images, scores2 } = net;
    const classifier = await Classifier.create(engine, { graph, images, scores: scores2, parameters });
    return new Judge(options, classifier, labels);
  }

  /**
   * @param onBatch told of pictures done, and of all; what it gives ends the judgement early if it is true
   * @returns what was judged until then, and which of the held-out pictures they are: what cannot be decoded is passed over
   */
  async judge(
    onBatch: (done: number, count: number) => boolean,
  ): Promise<Judgement & { readonly at: readonly number[] }> {
    const { data, feed } = this.#options;
    const { classes } = data;
    const all = this.#labels;
    const at: number[] = [];
    const judged: JudgedPicture[] = [];
    let ended = all.length === 0;
    for (let done = 0; !ended;) {
      const count = Math.min(this.#classifier.batch, all.length - done);
      const { images, at: places } = await feed.judged(done, count);
      const found = images && (await this.#classifier.run(images, { top: Math.min(5, classes.length) }));
      found?.top.forEach((top, row) => {
        const label = all[places[row] ?? -1] ?? -1;
        const probability = found.probabilities[row * classes.length + label] ?? NaN;
        judged.push({ label, top, probability });
      });
      at.push(...places);
      done += count;
      ended = onBatch(done, all.length) || done === all.length;
    }
    return { ...judgementOf(classes, judged), at };
  }

  /** The last batch again, timed launch by launch. */
  profile(): Promise<Profile> {
    return profileProgram(this.#classifier.program);
  }

  destroy(): void {
    this.#classifier.destroy();
  }
}
