import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { differingWords, runOnce } from '../run_once';
import type { Launch, Target } from '../../../src/core/op';
import { Pipelines } from '../../../src/gpu/pipelines';
import { caseNamed } from '../../../src/ops/cases/support/all';
import { byName } from '../../../src/ops/conv/by_name';

export interface PartsReport {
  /** Words of each output and gradient that differ between one dispatch and many. */
  readonly different: Readonly<Record<string, number>>;
  /** Dispatches of each entry point, whole and cut. */
  readonly whole: Readonly<Record<string, number>>;
  readonly cut: Readonly<Record<string, number>>;
  readonly kernels: readonly string[];
  /** Pipelines, whole and cut. */
  readonly pipelines: readonly [number, number];
}

function countEntries(launches: readonly Launch[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { entry, choice } of launches) if (choice) counts[entry] = (counts[entry] ?? 0) + 1;
  return counts;
}

/** A case by a family of kernels, in dispatches as long as they get and as short as they get. */
export async function compareParts(
  context: JobContext,
  { name, family }: { readonly name: string; readonly family: string },
): Promise<PartsReport> {
  const found = caseNamed(name);
  const shared = await sharedEngine(context);
  const run = async (multiplyAddsPerDispatch: number) => {
    const target: Target = { ...shared.target, choose: byName(family), multiplyAddsPerDispatch };
    const pipelines = new Pipelines(context.device);
    const made = await runOnce({ ...shared, pipelines, target }, found);
    return { ...made, count: pipelines.statistics.count };
  };
  const [whole, cut] = [await run(Infinity), await run(1)];
  const different = Object.entries(whole.results).map(
    ([tensor, data]) => [tensor, differingWords(data, cut.results[tensor])] as const,
  );
  return {
    different: Object.fromEntries(different),
    whole: countEntries(whole.launches),
    cut: countEntries(cut.launches),
    kernels: [...new Set(cut.launches.flatMap(({ choice }) => (choice ? [choice.kernel] : [])))],
    pipelines: [whole.count, cut.count],
  };
}
