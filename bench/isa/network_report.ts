// Every kernel of the network, and the network's layers, on each chip.
import type { Assembly } from './assembly';
import { Compiler } from './compiler';
import { compileAll, measureLayer, type CompiledKernel } from './measure';
import { planNetwork } from './network';
import type { Options } from './options';
import { kernelsTable, layersTable, totals, totalsTable, type MeasuredBatch } from './report';

export async function reportNetwork(options: Options): Promise<unknown> {
  const compiler = new Compiler(options.cache);
  const measured: MeasuredBatch[] = [];
  const kernels = new Map<string, CompiledKernel>();
  for (const batch of options.batch) {
    const { layers, others } = planNetwork(batch, options.kernel);
    for (const chip of options.chip) {
      const launches = [...layers.flatMap((layer) => layer.launches), ...others];
      const code = await compileAll(compiler, launches, chip);
      for (const [kernel, assembly] of code)
        kernels.set(`${kernel} ${chip}`, withoutCode(assembly, kernel, chip));
      measured.push(...layers.map((layer) => ({ batch, ...measureLayer(layer, chip, code) })));
    }
  }
  const all = [...kernels.values()].map((kernel) => ({ ...kernel, density: densityOf(kernel, measured) }));
  const compiled = all.sort((a, b) => a.chip.localeCompare(b.chip) || a.kernel.localeCompare(b.kernel));
  const sums = totals(measured);
  const tables = [
    kernelsTable(compiled),
    ...(options.layers ? [layersTable(measured)] : []),
    totalsTable(sums),
  ];
  console.log(tables.join('\n\n'));
  console.log(`\n${summary(compiled)}`);
  return { kernels: compiled, layers: measured, totals: sums };
}

/** What one would look for in the table: spills, and the kernel that leaves a SIMD the fewest waves. */
function summary(kernels: readonly CompiledKernel[]): string {
  const spilling = kernels.filter(({ spilled, scratchBytes }) => spilled + scratchBytes > 0);
  const products = kernels.filter(({ density }) => density !== undefined);
  const [fewest] = products.sort((a, b) => a.wavesPerSimd - b.wavesPerSimd);
  return [
    `${kernels.length} kernels, ${spilling.length} of them with spills or scratch memory`,
    ...spilling.map(({ chip, kernel }) => `  ${chip} ${kernel}`),
    fewest &&
      `fewest waves per SIMD where products are summed: ${fewest.wavesPerSimd}, ${fewest.chip} ${fewest.kernel}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function withoutCode({ blocks: _blocks, ...rest }: Assembly, kernel: string, chip: string): CompiledKernel {
  return { chip, kernel, ...rest };
}

/** The layers that a kernel computes, weighted by their multiply-adds; undefined for what multiplies nothing. */
function densityOf({ kernel, chip }: CompiledKernel, layers: readonly MeasuredBatch[]): number | undefined {
  const own = layers.filter((layer) => layer.kernel === kernel && layer.chip === chip);
  const sum = (of: (layer: MeasuredBatch) => number): number =>
    own.reduce((total, layer) => total + of(layer), 0);
  return own.length === 0 ? undefined : sum((layer) => layer.multiplyAdds) / sum((layer) => layer.slots);
}
