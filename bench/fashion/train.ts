// What this library makes of the pictures, and what PyTorch needs to do the same.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trainerOptions } from '../../src/app/prepare';
import { COLOURS, judgedCrop } from '../../src/app/picture_data';
import { loadPicture } from '../../src/data/node/decode';
import { findPictures } from '../../src/data/node/find';
import type { PictureSet } from '../../src/data/picture';
import type { Engine } from '../../src/gpu/engine';
import { Graph } from '../../src/graph/graph';
import { saveWeights } from '../../src/io/weights';
import { layers } from '../../src/models/layers';
import { Program } from '../../src/runtime/program';
import { Cropper } from '../../src/train/cropper';
import { cursorOf, turnsFrom } from '../../src/train/epochs';
import { evaluate } from '../../src/train/evaluate';
import type { Batch } from '../../src/train/fit';
import { chooseSettings, type RunSettings } from '../../src/train/presets';
import { scheduleOf } from '../../src/train/recipes';
import { Trainer } from '../../src/train/trainer';

/** One run of this library; PyTorch takes all but the results. */
export interface Run {
  readonly seed: number;
  /** File of the initial weights. */
  readonly weights: string;
  readonly rates: readonly number[];
  /** Of each step the pictures' numbers. */
  readonly batches: readonly (readonly number[])[];
  /** Total loss of each step. */
  readonly losses: readonly number[];
  /** Of held-out pictures. */
  readonly accuracy: number;
}

/** What is trained on: written to `data.json`, beside `images.f32`, and read by pytorch.py. */
export interface Data {
  readonly size: number;
  readonly width: number;
  readonly labels: readonly number[];
  readonly heldOut: readonly number[];
  readonly runs: readonly Run[];
}

/** Pictures whose images are made at once. */
const GROUP = 50;
const CLASSES = 10;

/**
 * Trains the preset `small` from each seed, as `train --augment none` does, but with images that are written to a file first.
 * @param pictures a folder with `train` and `val`
 * @param out a folder, which gets all that PyTorch needs
 */
export async function trainAll(
  engine: Engine,
  pictures: string,
  out: string,
  {
    steps,
    rate,
    seeds,
  }: { readonly steps: number; readonly rate: number | undefined; readonly seeds: readonly number[] },
): Promise<Data> {
  const set = await findPictures(pictures);
  const settingsOf = (seed: number): RunSettings =>
    chooseSettings(
      { preset: 'small', steps, seed, heldOut: 0, augment: 'none', ...(rate !== undefined && { rate }) },
      engine,
    ).settings;
  const { size, width } = settingsOf(0);
  const images = await imagesOf(engine, set, size);
  writeFileSync(join(out, 'images.f32'), images);
  const labels = set.pictures.map((picture) => picture.class);
  const runs: Run[] = [];
  for (const seed of seeds) runs.push(await train(engine, settingsOf(seed), set, images, labels, out));
  const data = { size, width, labels, heldOut: set.heldOut, runs };
  writeFileSync(join(out, 'data.json'), JSON.stringify(data));
  return data;
}

/** What the network gets of each picture, one after the other: its centre, by the kernel that feeds runs. */
async function imagesOf(engine: Engine, set: PictureSet, size: number): Promise<Float32Array> {
  const graph = new Graph();
  const x = graph.input('x', [GROUP, 3, size, size]);
  layers(graph).relu('y', x);
  const program = await Program.create(engine, graph, { keep: [x] });
  const cropper = await Cropper.create(engine, { size, ...COLOURS });
  const each = 3 * size * size;
  const images = new Float32Array(set.pictures.length * each);
  for (let from = 0; from < set.pictures.length; from += GROUP) {
    const loading = set.pictures
      .slice(from, from + GROUP)
      .map((_, at) => loadPicture(set, from + at, { shorterSide: 2 * size }));
    const decoded = await Promise.all(loading);
    // The last group is filled up: an input takes as many as it has room for.
    const full = Array.from({ length: GROUP }, (_, at) => decoded[at] ?? decoded[0]!);
    const crops = full.map((picture) => judgedCrop(picture, size));
    program.write('x', cropper.images(full, crops));
    const found = await program.read('x');
    images.set(found.subarray(0, decoded.length * each), from * each);
  }
  cropper.destroy();
  program.destroy();
  return images;
}

async function train(
  engine: Engine,
  settings: RunSettings,
  set: PictureSet,
  images: Float32Array,
  labels: readonly number[],
  out: string,
): Promise<Run> {
  const { seed, steps, batch } = settings;
  const options = await trainerOptions(engine, settings, CLASSES, undefined, undefined, undefined);
  const weights = `weights_${seed}.safetensors`;
  writeFileSync(join(out, weights), await saveWeights(options.parameters!));
  const trainer = await Trainer.create(engine, options);
  const turns = turnsFrom(cursorOf(set.train.length, batch, 0), set.train.length, seed);
  const batches = Array.from({ length: steps }, () =>
    Array.from({ length: batch }, () => set.train[turns.next().value.place]!),
  );
  const each = images.length / labels.length;
  function* dataOf(lists: readonly (readonly number[])[]): Generator<Batch> {
    for (const list of lists) {
      const data = new Float32Array(list.length * each);
      list.forEach((index, row) => data.set(images.subarray(index * each, (index + 1) * each), row * each));
      yield { images: data, labels: list.map((index) => labels[index]!) };
    }
  }
  const losses: number[] = [];
  await trainer.fit(dataOf(batches), { steps, onStep: ({ total }) => void losses.push(total) });
  const heldOut = Array.from({ length: Math.ceil(set.heldOut.length / batch) }, (_, at) =>
    set.heldOut.slice(at * batch, (at + 1) * batch),
  );
  const { accuracy } = await evaluate(trainer, dataOf(heldOut));
  trainer.destroy();
  options.parameters!.destroy();
  const rates = Array.from({ length: steps }, (_, step) => scheduleOf(settings)(step));
  return { seed, weights, rates, batches, losses, accuracy };
}
