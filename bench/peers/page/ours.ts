import {
  Classifier,
  differentiate,
  googlenetHeads,
  layers,
  openEngine,
  Parameters,
  Program,
  Trainer,
  weightedLosses,
  type Engine,
} from '../../../src/index';
import { networkOf, type Problem } from '../problem';
import type { Contender, Prepared } from './contender';
import { sgd } from '../../../src/optim/sgd';
import { gradientBuffer } from '../../../src/runtime/flat_buffer';

export async function open(): Promise<Contender> {
  const engine = await openEngine();
  const prepare = { forward, train, gradients };
  const bytes = (): number => engine.counters.liveBytes;
  return { device: engine.device, bytes, prepare: (problem) => prepare[problem.task](engine, problem) };
}

async function forward(engine: Engine, problem: Problem): Promise<Prepared> {
  const { graph, images, scores2: scores } = networkOf('forward', problem);
  const parameters = await Parameters.create(engine, graph);
  await parameters.load(problem.weights);
  const classifier = await Classifier.create(engine, { graph, images, scores, parameters });
  const { program } = classifier;
  return {
    async run() {
      program.write(images.label, problem.images);
      program.run();
      return { scores: (await program.read(scores)) as Float32Array };
    },
    gradients: () => Promise.resolve(new Map()),
    dispose() {
      classifier.destroy();
      parameters.destroy();
    },
  };
}

async function train(engine: Engine, problem: Problem): Promise<Prepared> {
  const net = networkOf('train', problem);
  const parameters = await Parameters.create(engine, net.graph);
  await parameters.load(problem.weights);
  const trainer = await Trainer.create(engine, {
    graph: net.graph,
    images: net.images,
    heads: googlenetHeads(net),
    optimizer: sgd({ momentum: problem.momentum }),
    rate: problem.rate,
    parameters,
  });
  return {
    async run() {
      return { loss: (await trainer.step(problem.images, problem.labels)).total };
    },
    gradients: () => readGradients(trainer.program, problem.checked),
    dispose() {
      trainer.destroy();
      parameters.destroy();
    },
  };
}

async function gradients(engine: Engine, problem: Problem): Promise<Prepared> {
  const { graph, images, scores2 } = networkOf('gradients', problem);
  const labels = graph.input('labels', [problem.batch], 'u32');
  const loss = layers(graph).crossEntropy('loss', scores2, labels);
  differentiate(graph, weightedLosses(graph, [{ value: loss, weight: 1 }]));
  const parameters = await Parameters.create(engine, graph);
  await parameters.load(problem.weights);
  const flat = gradientBuffer(engine, graph);
  const program = await Program.create(engine, graph, { parameters, gradients: flat, keep: [loss] });
  return {
    async run() {
      program.write(images.label, problem.images);
      program.write(labels.label, Uint32Array.from(problem.labels));
      program.run();
      return { loss: (await program.read(loss))[0] ?? NaN };
    },
    gradients: () => readGradients(program, problem.checked),
    dispose() {
      program.destroy();
      flat.destroy();
      parameters.destroy();
    },
  };
}

async function readGradients(program: Program, names: readonly string[]): Promise<Map<string, Float32Array>> {
  const found = await program.readAll(names, 'grad');
  return new Map(names.map((name, index) => [name, found[index] as Float32Array]));
}
