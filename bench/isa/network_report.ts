// Every kernel of the network, and the network's layers, on each chip.
import type { Assembly } from './assembly';
import { Compiler } from './compiler';
import { compileAll, measureLayer, type CompiledKernel } from './measure';
import { candidatesOf, planNetwork } from './network';
import type { Options } from './options';
import { RULE, kernelsTable, layersTable, totals, totalsTable, type MeasuredBatch } from './report';

export async function reportNetwork(options: Options): Promise<unknown> {
  const compiler = new Compiler(options.cache);
  const measured: MeasuredBatch[] = [];
  const kernels = new Map<string, CompiledKernel>();
  for (const batch of options.batch) {
    for (const kernel of chosen(options, batch)) {
      const { layers, others } = planNetwork(batch, kernel);
      const launches = [...layers.flatMap((layer) => layer.launches), ...others];
      for (const chip of options.chip) {
        const code = await compileAll(compiler, launches, chip);
        for (const [name, assembly] of code) {
          const byRule = kernel === undefined || kernels.get(`${name} ${chip}`)?.byRule === true;
          kernels.set(`${name} ${chip}`, { ...withoutCode(assembly), kernel: name, chip, byRule });
        }
        const by = kernel ?? RULE;
        measured.push(...layers.map((layer) => ({ batch, by, ...measureLayer(layer, chip, code) })));
      }
    }
  }
  const all = [...kernels.values()].map((kernel) => ({ ...kernel, density: densityOf(kernel, measured) }));
  const compiled = all.sort((a, b) => a.chip.localeCompare(b.chip) || a.kernel.localeCompare(b.kernel));
  const sums = totals(measured);
  const tables = [
    kernelsTable(compiled),
    ...(options.layers ? [layersTable(measured)] : []),
    totalsTable(sums),
    summary(compiled),
  ];
  console.log(tables.join('\n\n'));
  return { kernels: compiled, layers: measured, totals: sums };
}

/** What to plan with: the engine's rule (undefined), then kernels that it takes for nothing but a tuner may. */
function chosen({ kernel, all }: Options, batch: number): (string | undefined)[] {
  if (kernel !== undefined) return [kernel];
  const candidates = candidatesOf(planNetwork(batch));
  return [undefined, ...(all ? candidates : candidates.filter((name) => name.startsWith('winograd')))];
}

/** A core should have as many waves to turn to while one waits. */
const ENOUGH_WAVES = 8;

/** What one would look for in the table: spills, and kernels that leave a SIMD few waves. */
function summary(kernels: readonly CompiledKernel[]): string {
  const list = (found: readonly CompiledKernel[]): string[] =>
    found.map(
      ({ chip, kernel, wavesPerSimd }) => `  ${chip} ${kernel.replaceAll('"', '')}: ${wavesPerSimd} waves`,
    );
  const spilling = kernels.filter(({ spilled, scratchBytes }) => spilled + scratchBytes > 0);
  const crowded = kernels.filter(({ wavesPerSimd }) => wavesPerSimd < ENOUGH_WAVES);
  return [
    `${kernels.length} kernels, ${spilling.length} of them with spills or scratch memory`,
    ...list(spilling),
    `${crowded.length} of them with fewer than ${ENOUGH_WAVES} waves per SIMD (in waves of 32 lanes)`,
    ...list(crowded),
    'taken by: rule, what GPUs get unless told otherwise; tuner, what only `tune` may take, where it is the fastest',
  ].join('\n');
}

function withoutCode({ blocks: _blocks, ...rest }: Assembly): Omit<Assembly, 'blocks'> {
  return rest;
}

/** The layers that a kernel computes, weighted by their multiply-adds; undefined for what multiplies nothing. */
function densityOf({ kernel, chip }: CompiledKernel, layers: readonly MeasuredBatch[]): number | undefined {
  const own = layers.filter((layer) => layer.kernel === kernel && layer.chip === chip);
  const sum = (of: (layer: MeasuredBatch) => number): number =>
    own.reduce((total, layer) => total + of(layer), 0);
  return own.length === 0 ? undefined : sum((layer) => layer.multiplyAdds) / sum((layer) => layer.slots);
}
