import { withChoice } from '../../../src/gpu/engine';
import { differentiate } from '../../../src/graph/differentiate';
import type { PlannedLaunch } from '../../../src/graph/plan';
import { byTable, type KernelChoices } from '../../../src/core/choices';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { GpuTimer } from '../../../src/runtime/tuning/gpu_timer';
import { tuningProblems, type TuningProblem } from '../../../src/runtime/tuning/problems';
import { search, type TunedProblem } from '../../../src/runtime/tuning/search';
import { tune, type Tuned } from '../../../src/runtime/tuning/tune';
import { distance } from '../compare';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { IMAGE, smallNetwork } from '../small_trainer';

/** Time for everything: what is asserted must not hang on the machine's speed. */
const budget = 120;

/** An engine with too few invocations for the many tiles, so that little is compiled. */
async function narrowEngine(context: JobContext) {
  const engine = await sharedEngine(context);
  return { ...engine, target: { ...engine.target, maxInvocationsPerWorkgroup: 16 } };
}

function differentiatedNetwork() {
  const { graph, scores } = smallNetwork(2);
  differentiate(graph, [{ value: scores, gradient: graph.input('dscores', scores.shape) }]);
  return graph;
}

export interface TuneReport {
  /** Names of all candidates of each problem. */
  readonly candidates: Readonly<Record<string, readonly string[]>>;
  readonly first: Tuned;
  /** As an engine on a GPU would: what was kept is taken. */
  readonly second: Tuned;
  /** Kernels that a program then has, by problem. */
  readonly used: KernelChoices;
  /** Of the scores, with what was found, from those with shipped kernels. */
  readonly apart: number;
}

/** Tunes a tiny graph, although the adapter may be software; what is measured is kept. */
export async function tuneTiny(context: JobContext, _args: null): Promise<TuneReport> {
  const engine = await narrowEngine(context);
  const graph = differentiatedNetwork();
  const { store } = context;
  const kept = store && { store };
  const first = await tune(engine, graph, { budget, force: true, ...kept });
  const second = await tune({ ...engine, software: false }, graph, { budget: 0, ...kept });
  const shipped = await scoresWith({});
  const tuned = await scoresWith(first.choices);
  const problems = tuningProblems(graph, engine.target);
  return {
    candidates: Object.fromEntries(
      problems.map(({ problem, candidates }) => [problem, candidates.map(({ kernel }) => kernel)]),
    ),
    first,
    second,
    used: tuned.kernels,
    apart: distance(tuned.scores, shipped.scores).relative,
  };

  async function scoresWith(choices: KernelChoices) {
    const { graph: own, images, scores } = smallNetwork(2);
    const chosen = withChoice(engine, byTable(choices));
    const parameters = await Parameters.create(chosen, own, { seed: 1 });
    const program = await Program.create(chosen, own, { parameters, keep: [scores] });
    const count = 2 * IMAGE.reduce((product, size) => product * size, 1);
    program.write(
      images.label,
      Float32Array.from({ length: count }, (_, index) => Math.sin(index)),
    );
    program.run();
    const result = await program.read(scores);
    const kernels = program.plan.launches.flatMap(({ choice }) =>
      choice ? [[choice.problem, choice.kernel]] : [],
    );
    program.destroy();
    parameters.destroy();
    return { scores: result, kernels: Object.fromEntries(kernels) as KernelChoices };
  }
}

/** Times a problem's kernels beside one that does not compile and one whose launch the device refuses. */
export async function tuneRefused(context: JobContext, _args: null): Promise<TunedProblem | undefined> {
  const engine = await narrowEngine(context);
  const [problem] = tuningProblems(differentiatedNetwork(), engine.target) as [TuningProblem];
  const launches = problem.candidates[0]?.launches ?? [];
  const broken = launches.map((launch): PlannedLaunch => ({
    ...launch,
    shader: { ...launch.shader, file: 'broken.wgsl', source: `${launch.shader.source}\nno WGSL` },
  }));
  // A launch may not read what it writes.
  const clashing = launches.map((launch): PlannedLaunch => {
    const [home] = Object.values(launch.homes);
    const homes = Object.fromEntries(Object.keys(launch.homes).map((name) => [name, home!]));
    return { ...launch, homes };
  });
  const candidates = [
    ...problem.candidates.slice(0, 2),
    { kernel: 'broken', launches: broken },
    { kernel: 'clashing', launches: clashing },
  ];
  const timer = await GpuTimer.create(engine, [problem]);
  try {
    const [found] = await search([{ ...problem, candidates }], timer, { budget });
    return found;
  } finally {
    timer.destroy();
  }
}
