// One WGSL file on each chip: for whoever writes or tunes a kernel.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ValueError } from '../../src/core/errors';
import { specialize } from '../../src/gpu/specialize';
import { density, listCounts, model, percent, resources } from './analysis';
import { Compiler } from './compiler';
import { describeLoops } from './loops';
import { execute } from './execution';
import type { Options } from './options';

export async function reportFile(options: Options, path: string): Promise<unknown> {
  const compiler = new Compiler(options.cache);
  if (!existsSync(path)) throw new ValueError(path, 'there is no such file');
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
