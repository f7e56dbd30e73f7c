/**
 * The network of Table 1 as it is planned, without a GPU, held to test/guards/table1.json: a change shows as a diff of that
 * file, and one that is meant is committed with it. To write it anew:
 *
 *     npx vitest run test/guards/table1.test.ts -u
 */
import { expect, it } from 'vitest';
import { MODES, planNetwork, type Mode, type TargetName } from '../../bench/memory/networks';
import { TARGETS } from '../../src/core/targets';
import { pipelineKey } from '../../src/gpu/pipelines';

const BATCHES = [1, 32];

/** How often each is there, by name. */
function counts(names: readonly string[]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of [...names].sort()) found[name] = (found[name] ?? 0) + 1;
  return found;
}

function facts(mode: Mode, batch: number, target: TargetName) {
  const { memory } = planNetwork(mode, batch, target);
  const { launches, slots } = memory.plan;
  // A kernel may take several dispatches; its problem begins with the form of convolution.
  const chosen = launches.flatMap(({ choice }) =>
    choice ? [`${choice.problem.split(' ')[0]} by ${choice.kernel}`] : [],
  );
  return {
    dispatches: launches.length,
    pipelines: new Set(launches.map(pipelineKey)).size,
    slots: slots.length,
    'bytes of slots': slots.reduce((sum, bytes) => sum + bytes, 0),
    'bytes of all': memory.total,
    'bytes of the largest binding': memory.largest.bytes,
    bytes: memory.bytes,
    'dispatches by chosen kernels': counts(chosen),
    'dispatches by shader': counts(launches.map(({ shader, entry }) => `${shader.file}#${entry}`)),
  };
}

it('Table 1 is planned as committed: dispatches, pipelines, bytes, kernels', async () => {
  const targets = Object.keys(TARGETS) as TargetName[];
  const all = targets.flatMap((target) =>
    MODES.flatMap((mode) =>
      BATCHES.map((batch) => [`${target}, ${mode}, batch ${batch}`, facts(mode, batch, target)] as const),
    ),
  );
  const text = `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot('table1.json');
});
