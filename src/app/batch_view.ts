import type { Engine } from '../gpu/engine';
import { Graph } from '../graph/graph';
import { layers } from '../models/layers';
import { grid } from '../explain/grid';
import { Program } from '../runtime/program';
import type { Batch } from '../train/fit';
import type { RunSettings } from '../train/presets';
import type { DataSet } from './data_set';
import type { Painted } from './events';
import { painted } from './painted';

/** Images that are shown at most. */
const MOST = 64;

/** The first images of a batch, as a network gets them, in their colours. */
export async function batchView(
  engine: Engine,
  { images }: Batch,
  { batch, size }: RunSettings,
  { colours: { mean, deviation } }: DataSet,
): Promise<{ count: number; view: Painted }> {
  const graph = new Graph();
  const input = graph.input('images', [batch, 3, size, size]);
  layers(graph).relu('any', input); // a program computes something
  const program = await Program.create(engine, graph, { keep: [input] });
  program.write('images', images);
  const numbers = await program.read('images');
  program.destroy();
  const count = Math.min(batch, MOST);
  const data = Float32Array.from({ length: 3 * count * size ** 2 }, (_, index) => {
    const colour = Math.floor(index / size ** 2) % 3;
    return numbers[index]! * deviation[colour]! + mean[colour]!;
  });
  return { count, view: painted(grid({ shape: [count, 3, size, size], data }, { range: [0, 1] })) };
}
