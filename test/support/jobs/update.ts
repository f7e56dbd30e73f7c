import { uniform } from '../../../src/core/random';
import { expectedUpdate, makeOptimizer, updated, updatedGraph, UPDATES } from '../../../src/doctor/updates';
import type { Engine } from '../../../src/gpu/engine';
import { Graph } from '../../../src/graph/graph';
import { readBuffer } from '../../../src/runtime/buffers';
import { exponentialAverage } from '../../../src/optim/average';
import type { NamedTensors } from '../../../src/runtime/flat_buffer';
import { Parameters } from '../../../src/runtime/parameters';
import { Update } from '../../../src/runtime/update';
import { submit, writeBuffer } from '../../../src/gpu/commands';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { weight } from '../weights';

/** Encodes an update and submits it. */
function step(engine: Engine, update: Update, number: number, rate: number): void {
  const encoder = engine.device.createCommandEncoder({ label: 'update' });
  const pass = encoder.beginComputePass({ label: 'update' });
  update.encode(pass, { step: number, rate });
  pass.end();
  submit(engine, encoder);
}

/** A case of the doctor's, number by number, in workgroups of which a dimension takes so many. */
export async function compareUpdate(
  context: JobContext,
  { name, maxWorkgroups }: { readonly name: string; readonly maxWorkgroups: number | null },
): Promise<Distance> {
  const shared = await sharedEngine(context);
  const limit = maxWorkgroups ?? shared.target.maxWorkgroupsPerDimension;
  const engine: Engine = { ...shared, target: { ...shared.target, maxWorkgroupsPerDimension: limit } };
  const found = UPDATES.find((each) => each.name === name);
  if (!found) throw new Error(`compareUpdate: no case of this name; got ${name}`);
  const [got, expected] = [await updated(engine, found), expectedUpdate(found)];
  return distance(got[found.looksAt] ?? [], expected[found.looksAt] ?? []);
}

/** Three steps of seven numbers, with the gradients of test/fixtures/print_optimizer.py. */
export async function sevenNumbers(
  context: JobContext,
  given: { readonly name: string; readonly settings: object; readonly rate: number },
): Promise<number[]> {
  const engine = await sharedEngine(context);
  const graph = new Graph();
  weight(graph, { name: 'w', shape: [7] });
  const parameters = await Parameters.create(engine, graph);
  const update = await Update.create(parameters, makeOptimizer(given.name, given.settings));
  const tensor = (name: string) => new Map([['w', { shape: [7], data: uniform(7, 1, 7, name) }]]);
  await parameters.load(tensor('w'));
  for (let count = 0; count < 3; count++) {
    await update.gradients.load(tensor(`dw${count}`));
    step(engine, update, count, given.rate);
  }
  const w = (await parameters.readAll()).get('w')?.data ?? [];
  update.destroy();
  parameters.destroy();
  return [...w];
}

/** How many words of the flat buffer an update changes, with a gradient for every one of them, gaps included. */
export async function wordsMoved(context: JobContext, { name }: { readonly name: string }) {
  const engine = await sharedEngine(context);
  const parameters = await Parameters.create(engine, updatedGraph(), { seed: 2 });
  const update = await Update.create(parameters, makeOptimizer(name, {}));
  const before = new Uint32Array(await readBuffer(engine, parameters.buffer));
  const { elements } = update.gradients.layout;
  writeBuffer(engine, update.gradients.buffer, 0, uniform(elements, 1, 5, 'gradient'));
  step(engine, update, 0, 0.01);
  const after = new Uint32Array(await readBuffer(engine, parameters.buffer));
  const trained = new Set<number>();
  for (const { rows, columns, offset, stride, variable } of parameters.layout.places.values()) {
    for (let row = 0; variable.trainable && row < rows; row++) {
      // Rows beside the numbers of a convolution's channels are its own, too, and nobody reads them.
      for (let column = 0; column < columns; column++) trained.add(offset + row * stride + column);
    }
  }
  const moved = [...after.keys()].filter((at) => after[at] !== before[at]);
  update.destroy();
  parameters.destroy();
  return {
    elsewhere: moved.filter((at) => !trained.has(at)).length,
    moved: moved.length,
    trained: trained.size,
    slots: elements,
    variables: after.length,
  };
}

/** The weights and their average after one step whose gradients are clipped to almost nothing. */
export async function clippedAverage(context: JobContext, _args: null) {
  const engine = await sharedEngine(context);
  const parameters = await Parameters.create(engine, updatedGraph(), { seed: 2 });
  const average = exponentialAverage();
  const update = await Update.create(parameters, makeOptimizer('sgd', {}), { clip: 1e-3, average });
  const { elements } = update.gradients.layout;
  writeBuffer(engine, update.gradients.buffer, 0, uniform(elements, 1, 5, 'gradient'));
  step(engine, update, 0, 0.01);
  const averaged = (await update.slots.get('average')?.readAll()) ?? new Map<string, never>();
  const all = await parameters.readAll();
  update.destroy();
  parameters.destroy();
  const names = [...averaged.keys()];
  const numbers = (tensors: NamedTensors) => names.map((name) => [...(tensors.get(name)?.data ?? [])]);
  return { weights: numbers(all), average: numbers(averaged) };
}
