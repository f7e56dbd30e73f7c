import { withChoice } from '../../../src/gpu/engine';
import { differentiate } from '../../../src/graph/differentiate';
import { byTable } from '../../../src/ops/conv/choices';
import { Parameters } from '../../../src/runtime/parameters';
import { Program } from '../../../src/runtime/program';
import { tune, type Tuned } from '../../../src/runtime/tuning/tune';
import { distance } from '../compare';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { PICTURE, smallNetwork } from '../small_trainer';

export interface TuneReport {
  readonly software: Tuned;
  readonly told: Tuned;
  readonly first: Tuned;
  readonly second: Tuned;
  /** Kernels that a program then has, by problem. */
  readonly used: Readonly<Record<string, string>>;
  /** Of the scores, with what was found, from those with shipped kernels. */
  readonly apart: number;
}

/** Tunes a tiny graph on an adapter that says it is a GPU; what is measured is kept in the browser. */
export async function tuneTiny(context: JobContext, _args: object): Promise<TuneReport> {
  const engine = await sharedEngine(context);
  const net = smallNetwork(2);
  differentiate(net.graph, [{ value: net.scores, gradient: net.graph.input('dscores', net.scores.shape) }]);
  const hardware = { ...engine, software: false };
  // A budget for a few kernels: each is compiled first.
  const options = { budget: 1 };
  const software = await tune(engine, net.graph);
  const told = await tune(
    withChoice(hardware, () => undefined),
    net.graph,
  );
  const first = await tune(hardware, net.graph, options);
  const second = await tune(hardware, net.graph, options);

  const run = async (choices: Tuned['choices']) => {
    const { graph, images, scores } = smallNetwork(2);
    const chosen = withChoice(engine, byTable(choices));
    const parameters = await Parameters.create(chosen, graph, { seed: 1 });
    const program = await Program.create(chosen, graph, { parameters, keep: [scores] });
    const count = 2 * PICTURE.reduce((product, size) => product * size, 1);
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
    return { result, kernels: Object.fromEntries(kernels) as Record<string, string> };
  };
  const shipped = await run({});
  const tuned = await run(first.choices);
  return {
    software,
    told,
    first,
    second,
    used: tuned.kernels,
    apart: distance(tuned.result, shipped.result).relative,
  };
}
