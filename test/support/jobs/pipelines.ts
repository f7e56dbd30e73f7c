import type { JobContext } from '../job';
import { distance, type Distance } from '../compare';
import { sharedEngine } from '../engine';
import { differingWords, runOnce } from '../run_once';
import { smallTrainer } from '../small_trainer';
import type { ShaderModule } from '../../../src/core/shader';
import { withChoice } from '../../../src/gpu/engine';
import { Pipelines, type PipelineRequest } from '../../../src/gpu/pipelines';
import { caseNamed } from '../../../src/ops/cases/support/all';
import { byName } from '../../../src/ops/conv/by_name';
import { withRule } from '../../../src/optim/rule';
import { relu } from '../../../src/ops/relu';
import { SingleOp } from '../../../src/runtime/single_op';

const shaders = import.meta.glob<ShaderModule>('../../../shaders/*.wgsl', { eager: true, import: 'default' });

const MARK = /\/\/ @unroll/g;

/** Makes pipelines of the files as they stand: loops marked to be unrolled stay loops. */
class LoopedPipelines extends Pipelines {
  override get(request: PipelineRequest): Promise<GPUComputePipeline> {
    const source = request.shader.source.replace(MARK, '// a loop');
    return super.get({ ...request, shader: { ...request.shader, source } });
  }
}

/** Compiles every entry point of every file with its default overrides, unrolled and as it stands. */
export async function compileAll({ device }: JobContext, _args: null): Promise<Record<string, string[]>> {
  const [unrolled, looped] = [new Pipelines(device), new LoopedPipelines(device)];
  const compiled = Object.values(shaders).map(async (module) => {
    const isRule = Object.keys(module.entries).length === 0;
    const shader = isRule ? withRule(module) : module;
    const entries = Object.keys(shader.entries);
    await Promise.all(
      entries.flatMap((entry) => [unrolled, looped].map((each) => each.get({ shader, entry }))),
    );
    return [shader.file, entries] as const;
  });
  return Object.fromEntries(await Promise.all(compiled));
}

/** A case by a family of kernels with its marked loops unrolled, against the same with loops. */
export async function compareUnrolled(
  context: JobContext,
  { name, kernel }: { readonly name: string; readonly kernel: string },
): Promise<{ tensors: Record<string, Distance>; marks: number }> {
  const engine = withChoice(await sharedEngine(context), byName(kernel));
  const looped = { ...engine, pipelines: new LoopedPipelines(context.device) };
  const [{ results: expected }, { results: got }] = [
    await runOnce(engine, caseNamed(name)),
    await runOnce(looped, caseNamed(name)),
  ];
  const used = Object.values(shaders).filter(({ file }) => /^conv2d|^winograd/.test(file));
  const entries = Object.entries(expected).map(
    ([key, data]) => [key, distance(got[key] ?? [], data)] as const,
  );
  const marks = used.reduce((sum, { source }) => sum + (source.match(MARK)?.length ?? 0), 0);
  return { tensors: Object.fromEntries(entries), marks };
}

/**
 * Words that differ when a dimension may hold so few workgroups that launches fold into the next; and the workgroups
 * along x of each launch, first without a limit, then with each.
 */
export async function foldedWorkgroups(
  context: JobContext,
  { name, limits }: { readonly name: string; readonly limits: readonly number[] },
) {
  const engine = await sharedEngine(context);
  const expected = await runOnce(engine, caseNamed(name));
  const different: Record<string, number> = {};
  const alongX = [expected.launches.map(({ workgroups: [x] }) => x)];
  for (const limit of limits) {
    const narrow = { ...engine, target: { ...engine.target, maxWorkgroupsPerDimension: limit } };
    const { results, launches } = await runOnce(narrow, caseNamed(name));
    alongX.push(launches.map(({ workgroups: [x] }) => x));
    for (const [key, data] of Object.entries(results)) {
      different[`${key}, ${limit}`] = differingWords(data, expected.results[key]);
    }
  }
  return { different, alongX };
}

/** ReLU of more elements than 65,535 workgroups hold. Gives how many came out wrong. */
export async function manyWorkgroups(context: JobContext, { elements }: { readonly elements: number }) {
  const engine = await sharedEngine(context);
  const shape = [1, elements];
  const single = await SingleOp.create(engine, relu, {}, { inputs: { x: { shape } } });
  const x = new Float32Array(elements);
  for (let index = 0; index < elements; index++) x[index] = ((index * 7919) % 10007) - 5000;
  await single.write({ x });
  const { y } = await single.run();
  const [launch] = single.program.plan.launches;
  single.destroy();
  let wrong = 0;
  for (let index = 0; index < elements; index++) {
    if (y?.[index] !== Math.max(0, x[index] as number)) wrong++;
  }
  return { wrong, length: y?.length, workgroups: launch?.workgroups };
}

/** Pipelines that the engine holds after a trainer of each batch was made. */
export async function pipelinesPerBatch(
  context: JobContext,
  { batches }: { readonly batches: readonly number[] },
) {
  const engine = { ...(await sharedEngine(context)), pipelines: new Pipelines(context.device) };
  const counts: number[] = [];
  for (const batch of batches) {
    const trainer = await smallTrainer(engine, batch, { dropout: 0.5 });
    counts.push(engine.pipelines.statistics.count);
    trainer.destroy();
  }
  return counts;
}
