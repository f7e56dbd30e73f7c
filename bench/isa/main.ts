import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EngineError } from '../../src/core/errors';
import { specialize } from '../../src/gpu/specialize';
import { density, listCounts, model, percent, resources } from './analysis';
import { Compiler } from './compiler';
import { describeLoops } from './control_flow';
import { execute } from './execution';
import { parseOptions, type Options } from './options';

/** Runs `bench isa` and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) return 0;
    if (options.file === undefined) throw new EngineError('bench isa', 'needs a WGSL file for now');
    const figures = await reportFile(options, options.file);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
    return 0;
  } catch (error) {
    // These say what to do; of others, which nobody expected, a stack is worth more than a sentence.
    console.error(error instanceof EngineError ? error.message : error);
    return 1;
  }
}

async function reportFile(options: Options, path: string): Promise<unknown[]> {
  const compiler = new Compiler(options.cache);
  const file = basename(path);
  const source = specialize({ file, source: readFileSync(path, 'utf8') }, options.set);
  const label = [file, options.entry, JSON.stringify({ ...options.set, ...options.const })].join(' ');
  const figures: unknown[] = [];
  for (const chip of options.chip) {
    const request = { label, source, entry: options.entry, constants: options.const };
    const assembly = await compiler.compile(request, chip);
    const { blocks, ...registers } = assembly;
    if (options.asm) {
      for (const { name, code } of blocks) console.log([`${name}:`, ...code].join('\n    '));
    }
    console.log(`${label} on ${chip}: ${resources(assembly)}`);
    for (const line of describeLoops(blocks)) console.log(`  ${line}`);
    if (options.loops) {
      const counts = execute(assembly, options.loops, options.fma);
      const shares = `FMA/VALU ${percent(density(counts))} %, model ${percent(model(counts))} %`;
      console.log(`  a wave, first to last instruction: ${listCounts(counts)}\n  ${shares}`);
      figures.push({ label, chip, ...registers, counts });
    } else figures.push({ label, chip, ...registers });
  }
  return figures;
}
