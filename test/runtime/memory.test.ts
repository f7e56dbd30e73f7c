// What is allocated is what was planned and estimated, and what happens where memory ends. On a device that only counts.
import { describe, expect, it } from 'vitest';
import { LimitError, OutOfMemoryError } from '../../src/core/errors';
import { withChoice } from '../../src/gpu/engine';
import { estimate } from '../../src/graph/memory/estimate';
import { Graph } from '../../src/graph/graph';
import { layers } from '../../src/models/layers';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { byName } from '../../src/ops/conv/by_name';
import { Parameters } from '../../src/runtime/parameters';
import { Program } from '../../src/runtime/program';
import { estimateTraining } from '../../src/train/estimate';
import { Trainer } from '../../src/train/trainer';
import { fakeEngine, type Fault } from '../support/fake_engine';
import { randomGraph } from '../support/random_graph';
import { TARGETS } from '../../src/core/targets';
import { sgd } from '../../src/optim/sgd';
import { adam } from '../../src/optim/adam';
import { OPTIMIZERS } from '../../src/optim/registry';
import { gradientBuffer } from '../../src/runtime/flat_buffer';
import { relu } from '../../src/ops/relu';
import { SingleOp } from '../../src/runtime/single_op';

const MIB = 2 ** 20;

function network(batch = 4) {
  const net = googlenet({ classes: 10, batch, inputSize: 80, width: 1 / 4, mode: 'train' });
  return { graph: net.graph, images: net.images, heads: googlenetHeads(net) };
}

const create = (fake: ReturnType<typeof fakeEngine>, optimizer = adam()) =>
  Trainer.create(fake.engine, { ...network(), optimizer, rate: 0.1 });

describe('what is allocated', () => {
  it.each(Object.entries(OPTIMIZERS))('for training with %s is what was estimated', async (_name, make) => {
    for (const target of Object.values(TARGETS)) {
      const fake = fakeEngine({ target });
      const { total, lowerBound } = estimateTraining(network(), { target, optimizer: make() });
      const trainer = await create(fake, make());
      expect(fake.allocated()).toBe(total);
      expect(lowerBound).toBeLessThanOrEqual(total);
      trainer.destroy();
      expect(fake.allocated()).toBe(0);
    }
  });

  it('for micro-batches, with steps in flight, is what was estimated', async () => {
    const fake = fakeEngine();
    const wanted = { optimizer: adam(), microBatches: 3, stepsInFlight: 4 } as const;
    await Trainer.create(fake.engine, { ...network(), ...wanted, rate: 0.1 });
    const { total, bytes } = estimateTraining(network(), { target: TARGETS.gpu, ...wanted });
    expect(fake.allocated()).toBe(total);
    expect(bytes.weightGradients).toBe(2 * bytes.weights);
    expect(fake.engine.counters.liveBytes).toBe(total);
  });

  it('where some is computed again is what was estimated', async () => {
    const optimizer = adam();
    const { plan } = estimateTraining(network(), { target: TARGETS.gpu, optimizer });
    const whole = plan.slots.reduce((sum, bytes) => sum + bytes, 0);
    const wanted = { optimizer, recompute: { memory: 0.8 * whole } };
    const fake = fakeEngine();
    const { program } = await Trainer.create(fake.engine, { ...network(), ...wanted, rate: 0.1 });
    const { total } = estimateTraining(network(), { target: TARGETS.gpu, ...wanted });
    expect(program.plan.recomputed?.nodes.length).toBeGreaterThan(0);
    expect(fake.allocated()).toBe(total);
  });

  it('for kernels that were chosen by hand or by tuning is what was estimated', async () => {
    const fake = fakeEngine({ target: TARGETS.swiftshader });
    const chosen = withChoice(fake.engine, byName('register'));
    const wanted = { optimizer: sgd({ momentum: 0.9 }) } as const;
    await Trainer.create(chosen, { ...network(), ...wanted, rate: 0.1 });
    const { total } = estimateTraining(network(), { target: chosen.target, ...wanted });
    expect(fake.allocated()).toBe(total);
    const { total: shipped } = estimateTraining(network(), { target: TARGETS.swiftshader, ...wanted });
    expect(total).not.toBe(shipped);
  });

  it('for inference is what was estimated', async () => {
    const { graph, scores2 } = googlenet({ classes: 10, batch: 4, inputSize: 80, width: 1 / 4, aux: false });
    const fake = fakeEngine();
    const parameters = await Parameters.create(fake.engine, graph);
    await Program.create(fake.engine, graph, { parameters, keep: [scores2] });
    const { total, bytes } = estimate(graph, { target: TARGETS.gpu, keep: [scores2] });
    expect(bytes).toMatchObject({ optimizer: 0, weightGradients: 0, gradients: 0, staging: 4 * 10 * 4 });
    expect(fake.allocated()).toBe(total - bytes.staging);
  });

  it('for random networks is what was planned', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const { graph, loss } = randomGraph(seed);
      const fake = fakeEngine();
      const parameters = await Parameters.create(fake.engine, graph);
      const gradients = gradientBuffer(fake.engine, graph);
      const program = await Program.create(fake.engine, graph, { parameters, gradients, keep: [loss] });
      const slots = [...fake.buffers.values()].filter(({ label }) => label.startsWith('slot'));
      expect(slots.map(({ size }) => size)).toEqual([...program.plan.slots]);
    }
  });
});

describe('where memory ends', () => {
  const fail = (label: string, fault: Fault) =>
    fakeEngine({ faultOf: (made) => (made.startsWith(label) ? fault : undefined) });

  it.each(['variables', 'gradients', 'exp_avg_sq', 'slot 1', 'tables', 'params'])(
    '%s: an OutOfMemoryError names it, and nothing is left allocated',
    async (label) => {
      const fake = fail(label, 'out-of-memory');
      const failed = await create(fake).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(OutOfMemoryError);
      const ofBatch = label === 'slot 1' || label === 'tables';
      const advice = ofBatch ? 'use a smaller batch' : 'free memory of the GPU, or use smaller layers';
      expect((failed as OutOfMemoryError).message).toMatch(
        new RegExp(`out of memory; got .*${label} .*of .*(bytes|kB|MB).*: ${label}.* failed; ${advice}`),
      );
      expect(fake.allocated()).toBe(0);
      expect(fake.scopes()).toBe(0);
    },
  );

  it('a buffer that the device refuses is a LimitError', async () => {
    const fake = fail('slot 0', 'validation');
    await expect(create(fake)).rejects.toThrow(LimitError);
    expect(fake.allocated()).toBe(0);
  });

  it('a value that cannot be bound is named before its program allocates', async () => {
    const fake = fakeEngine({ limits: { maxStorageBufferBindingSize: MIB / 8 } });
    const graph = new Graph();
    layers(graph).maxPool('pool', graph.input('images', [4, 4, 80, 80]), { kernel: 2 });
    const creating = Program.create(fake.engine, graph);
    const failed = await creating.catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(LimitError);
    expect((failed as LimitError).message).toBe(
      'images: needs 410 kB in one buffer; got a limit of 131 kB; use a smaller batch',
    );
    expect((failed as LimitError).bytes).toEqual({ needed: 4 * 80 * 80 * 4 * 4, limit: MIB / 8 });
    expect(fake.allocated()).toBe(0);
  });

  it('a smaller batch is advised only where one helps', async () => {
    const fake = fakeEngine();
    const { engine } = fake;
    const messageOf = (work: Promise<unknown>) => work.catch((error: unknown) => String(error));
    const graph = new Graph();
    layers(graph).linear('fc', graph.input('x', [2, 2 ** 17]), { features: 2 ** 17 });
    const weight =
      'variables: needs 68.7 GB in one buffer; got a limit of 2.15 GB; fc.weight takes 68.7 GB: use smaller layers';
    expect(await messageOf(Parameters.create(engine, graph))).toBe(`LimitError: ${weight}`);
    expect(() => estimate(graph, { target: TARGETS.gpu, limits: engine.device.limits })).toThrow(weight);
    expect(() =>
      gradientBuffer(
        engine,
        graph,
        [...graph.variables.values()].map((each) => each.variable),
      ),
    ).toThrow(
      'gradients: needs 68.7 GB in one buffer; got a limit of 2.15 GB; fc.weight takes 68.7 GB: use smaller layers',
    );
    const tensor = (...shape: number[]) =>
      messageOf(SingleOp.create(engine, relu, {}, { inputs: { x: { shape } } }));
    expect(await tensor(4, 64, 2048, 2048)).toMatch(/needs 4.29 GB in one buffer; .*; use a smaller batch$/);
    const tooLarge =
      /needs 4.29 GB in one buffer; .*; no batch of it fits on this device: use smaller images or layers$/;
    expect(await tensor(1, 64, 4096, 4096)).toMatch(tooLarge);
    expect(fake.allocated()).toBe(0);
  });

  it('slots may be larger than what can be bound at once', async () => {
    const optimizer = adam();
    const { largest } = estimateTraining(network(16), { target: TARGETS.gpu, optimizer });
    const fake = fakeEngine({ limits: { maxStorageBufferBindingSize: largest.bytes } });
    const { program } = await Trainer.create(fake.engine, { ...network(16), optimizer, rate: 0.1 });
    expect(Math.max(...program.plan.slots)).toBeGreaterThan(largest.bytes);
  });
});
