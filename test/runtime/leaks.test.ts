// Whatever fails half-way leaves nothing on the GPU: each call that makes something fails once, on a device that only counts.
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/gpu/engine';
import { adam } from '../../src/optim/adam';
import { equalAverage } from '../../src/optim/average';
import { add } from '../../src/ops/add';
import { linear } from '../../src/ops/linear';
import { gradientBuffer } from '../../src/runtime/flat_buffer';
import { Parameters } from '../../src/runtime/parameters';
import { Program } from '../../src/runtime/program';
import { profileProgram } from '../../src/runtime/profile';
import { searchNotFinite } from '../../src/runtime/search_not_finite';
import { SingleOp } from '../../src/runtime/single_op';
import { tune } from '../../src/runtime/tuning/tune';
import { Update } from '../../src/runtime/update';
import { averagedParameters } from '../../src/train/averaged';
import { Classifier } from '../../src/train/classifier';
import { addLosses } from '../../src/train/losses';
import { trainReliably } from '../../src/train/reliable';
import { fakeEngine, type DeviceCall } from '../support/fake_engine';
import { smallNetwork, smallTrainer } from '../support/small_trainer';

/** Makes what the caller owns, and gives the call that may fail; what it gives is destroyed, if it can be. */
type Maker = (engine: Engine) => Promise<() => Promise<{ destroy?(): void } | object | undefined>>;

const BATCH = 2;
const TRAINING = { optimizer: adam(), average: equalAverage(), microBatches: 2 } as const;

/** With a constant that is read, and its losses. */
function network() {
  const { graph, images, scores } = smallNetwork(BATCH);
  const scale = graph.constant('offsets', scores.shape, new Float32Array(6));
  const { y } = graph.apply(add, { x0: scores, x1: scale }, {}, 'moved');
  return { graph, images, scores: y, heads: [{ name: 'main', scores: y, weight: 1 }] };
}

async function makeProgram(engine: Engine): Promise<() => Promise<Program>> {
  const { graph } = addLosses(network());
  const parameters = await Parameters.create(engine, graph);
  const gradients = gradientBuffer(engine, graph);
  return () => Program.create(engine, graph, { parameters, gradients });
}

const of = async (program: Promise<Program>, work: (program: Program) => Promise<unknown>) => {
  const made = await program;
  return () => work(made).then(() => undefined);
};

const MAKERS: Readonly<Record<string, Maker>> = {
  'Parameters.create': (engine) => Promise.resolve(() => Parameters.create(engine, network().graph)),
  'Program.create': makeProgram,
  'Update.create': async (engine) => {
    const parameters = await Parameters.create(engine, network().graph);
    const { optimizer, ...options } = TRAINING;
    return () => Update.create(parameters, optimizer, { ...options, clip: 1 });
  },
  'Trainer.create': (engine) => Promise.resolve(() => smallTrainer(engine, BATCH, TRAINING)),
  'Trainer.create with weights': async (engine) => {
    const parameters = await Parameters.create(engine, smallNetwork(BATCH).graph);
    return () => smallTrainer(engine, BATCH, { parameters });
  },
  'Classifier.create': async (engine) => {
    const net = network();
    const parameters = await Parameters.create(engine, net.graph);
    return () => Classifier.create(engine, { ...net, parameters });
  },
  'SingleOp.create': (engine) => {
    const inputs = { x: { shape: [2, 3] }, w: { shape: [4, 3] } };
    return Promise.resolve(() => SingleOp.create(engine, linear, {}, { inputs, gradients: ['x', 'w'] }));
  },
  averagedParameters: async (engine) => {
    const parameters = await Parameters.create(engine, network().graph);
    const weights = parameters.decode(new ArrayBuffer(parameters.buffer.size));
    return () => averagedParameters(parameters, weights);
  },
  tune: (engine) => {
    const { graph } = smallNetwork(64);
    return Promise.resolve(() => tune(engine, graph, { budget: 0.01, store: 'none', force: true }));
  },
  trainReliably: (engine) =>
    Promise.resolve(() =>
      trainReliably({
        open: () => Promise.resolve(engine),
        build: () => ({ ...network(), optimizer: adam() }),
        batches: () => [],
        steps: 1,
      }),
    ),
  searchNotFinite: async (engine) => of((await makeProgram(engine))(), (made) => searchNotFinite(made, {})),
  profileProgram: async (engine) => of((await makeProgram(engine))(), (made) => profileProgram(made)),
  'program.read': async (engine) => of((await makeProgram(engine))(), (made) => made.read('fc.weight')),
};

const CALLS: readonly DeviceCall[] = [
  'createBuffer',
  'createBindGroup',
  'writeBuffer',
  'createComputePipelineAsync',
];

/** Runs a maker's call with a failure at the `at`-th call of the device, and counts what it leaves. */
async function failing(make: Maker, fault: DeviceCall | 'out-of-memory', at: number) {
  let calls = -Infinity;
  const fake = fakeEngine({
    onCall(call) {
      if (call === fault && calls++ === at) throw new Error(`${fault} ${at} fails`);
    },
    faultOf: () => (fault === 'out-of-memory' && calls++ === at ? fault : undefined),
  });
  const run = await make(fake.engine);
  const live = () => [fake.allocated(), fake.engine.counters.liveBytes, fake.engine.counters.liveBuffers];
  const before = live();
  calls = 0;
  const done = await run().catch((error: unknown) => error);
  if (done && typeof done === 'object' && 'destroy' in done) (done as { destroy(): void }).destroy();
  return { before, after: live(), scopes: fake.scopes(), reached: calls > at, done };
}

describe.each(Object.entries(MAKERS))('%s', (_name, make) => {
  it('leaves no buffer, whatever fails', async () => {
    let failures = 0;
    for (const fault of [...CALLS, 'out-of-memory'] as const) {
      for (let at = 0; ; at++) {
        const { before, after, scopes, reached, done } = await failing(make, fault, at);
        expect([fault, at, ...after], String(done)).toEqual([fault, at, ...before]);
        expect(scopes).toBe(0);
        if (!reached) {
          expect(done).not.toBeInstanceOf(Error);
          break;
        }
        failures++;
      }
    }
    expect(failures).toBeGreaterThan(0);
  });
});
