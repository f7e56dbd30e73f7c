import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EngineError, ValueError } from '../../src/core/errors';
import { specialize } from '../../src/gpu/specialize';
import { Driver } from './driver';
import { FAMILIES, type Family } from './families';
import { describeLoops } from './loops';
import { compileAll, measureLayer } from './measure';
import { candidatesOf, planNetwork } from './network';
import { parseOptions, type Options } from './options';
import { kernelsOf, kernelsTable, layersTable, rowsOf, rowsTable, type Measured } from './report';

/** A family that could not be measured, and why. */
interface Failure {
  readonly family: string;
  readonly why: string;
}

/** Runs `bench isa` and gives its exit code: 1 if a family could not be measured, or nothing could. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) return 0;
    const driver = new Driver(options.cache);
    const failed: Failure[] = [];
    const done: unknown[] = [];
    const measured: Measured[] = [];
    for (const family of FAMILIES.filter(({ name }) => options.family.includes(name))) {
      console.log(`${family.name}, by ${family.compiler}`);
      try {
        if (options.file !== undefined) done.push(await reportFile(driver, family, options, options.file));
        else {
          const own = await measureNetwork(driver, family, options);
          measured.push(...own.filter(({ byRule }) => byRule));
          done.push({ family: family.name, kernels: printNetwork(family, own, options) });
        }
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        failed.push({ family: family.name, why: error.message });
        console.error(`left out: ${error.message}`);
      }
      console.log();
    }
    const rows = measured.flatMap(rowsOf);
    if (options.file === undefined) console.log(rowsTable(rows));
    for (const { family, why } of failed) console.log(`${family} is left out: ${why.split('\n')[0]}`);
    const figures = {
      rows: rows.map(({ family, batch, form, share, spills, kernel }) => {
        return { family, batch, form, share, spills, kernel };
      }),
      sums: rows,
      failed,
      mesa: driver.version,
      families: done,
    };
    if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(figures, undefined, 2)}\n`);
    return failed.length > 0 ? 1 : 0;
  } catch (error) {
    // These say what to do; of others, which nobody expected, a stack is worth more than a sentence.
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

/** The shipped kernels at each batch, or those that are asked for; with `--all` then the tuner's, which make no row. */
async function measureNetwork(
  driver: Driver,
  family: Family,
  { batch: batches, kernel, all }: Options,
): Promise<(Measured & { readonly byRule: boolean })[]> {
  const measured: (Measured & { readonly byRule: boolean })[] = [];
  for (const batch of batches) {
    const tuned = all ? candidatesOf(planNetwork(batch, family.target)) : [];
    for (const by of [kernel, ...tuned]) {
      const { layers, others } = planNetwork(batch, family.target, by);
      const launches = [...layers.flatMap((layer) => layer.launches), ...others];
      const programs = await compileAll(driver, launches, family);
      const own = layers.map((layer) => measureLayer(layer, programs));
      measured.push({ family, batch, layers: own, programs, byRule: by === kernel });
    }
  }
  return measured;
}

/** Prints what a family's kernels became; gives it as data, too. */
function printNetwork(family: Family, measured: readonly Measured[], { layers }: Options): unknown {
  const kernels = kernelsOf(measured);
  if (layers) for (const each of measured) console.log(`batch ${each.batch}\n${layersTable(each.layers)}`);
  console.log(kernelsTable(kernels));
  const spilling = kernels.filter(({ spills, fills }) => spills + fills > 0).length;
  console.log(`${kernels.length} kernels, ${spilling} of them with spills`);
  console.log(`registers: ${family.registers}; in flight: ${family.inFlight}`);
  return kernels;
}

/** One WGSL file: for whoever writes or tunes a kernel. */
async function reportFile(
  driver: Driver,
  family: Family,
  { entry, const: constants, set, asm }: Options,
  path: string,
): Promise<unknown> {
  if (!existsSync(path)) throw new ValueError(path, 'there is no such file');
  const file = basename(path);
  const source = specialize({ file, source: readFileSync(path, 'utf8') }, set);
  const label = [file, entry, JSON.stringify({ ...set, ...constants })].join(' ');
  const { blocks, printed, ...rest } = await driver.compile({ label, source, entry, constants }, family);
  if (asm) console.log(printed);
  for (const line of describeLoops(blocks)) console.log(`  ${line}`);
  console.log(`  ${label}: ${JSON.stringify(rest)}`);
  return { family: family.name, label, ...rest };
}
