// Kernels compiled while programs are made: told of one by one, and nothing left behind where one fails.
import { describe, expect, it } from 'vitest';
import { pipelineKey, type PipelineRequest } from '../../src/gpu/pipelines';
import type { Engine } from '../../src/gpu/engine';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { Parameters } from '../../src/runtime/parameters';
import type { CompileProgress } from '../../src/runtime/compile_kernels';
import { Program } from '../../src/runtime/program';
import { Trainer } from '../../src/train/trainer';
import { fakeEngine } from '../support/fake_engine';
import { smallNetwork } from '../support/small_trainer';
import { sgd } from '../../src/optim/sgd';

/** A fake engine whose pipelines are made by `make`. */
function compiling(make: (key: string) => Promise<unknown>) {
  const fake = fakeEngine();
  const asked: string[] = [];
  const get = async (request: PipelineRequest): Promise<unknown> => {
    const key = pipelineKey(request);
    asked.push(key);
    await make(key);
    return { getBindGroupLayout: () => ({}) };
  };
  const engine = {
    ...fake.engine,
    pipelines: { get, keyOf: (request: PipelineRequest) => pipelineKey(request) },
  } as unknown as Engine;
  return { fake, engine, asked };
}

describe('onProgress', () => {
  it('counts each kernel once, the update included', async () => {
    const { engine, asked } = compiling(() => Promise.resolve());
    const told: CompileProgress[] = [];
    const net = googlenet({ classes: 10, batch: 1, inputSize: 80, width: 1 / 8, mode: 'train' });
    const trainer = await Trainer.create(engine, {
      ...net,
      heads: googlenetHeads(net),
      optimizer: sgd({ momentum: 0.9 }),
      rate: 0.1,
      onProgress: (progress) => told.push(progress),
    });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThan(trainer.program.dispatches + trainer.update.dispatches);
    expect(told.at(-1)).toEqual({ done: asked.length, total: asked.length });
    const done = told.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(new Set(done).size).toBe(asked.length + 1);
  });
});

describe('a kernel that the driver refuses', () => {
  it('ends the program with its error once, and leaves nothing allocated', async () => {
    let count = 0;
    const stray: unknown[] = [];
    const onStray = (reason: unknown): void => void stray.push(reason);
    process.on('unhandledRejection', onStray);
    const { engine, fake } = compiling(() => {
      count++;
      return count % 2 === 0 ? Promise.reject(new Error(`refused ${count}`)) : Promise.resolve();
    });
    const { graph } = smallNetwork(2);
    const parameters = await Parameters.create(engine, graph);
    const before = fake.allocated();
    await expect(Program.create(engine, graph, { parameters })).rejects.toThrow('refused 2');
    expect(count).toBeGreaterThan(3);
    expect(fake.allocated()).toBe(before);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(stray).toEqual([]);
    process.off('unhandledRejection', onStray);
  });
});
