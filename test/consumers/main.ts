// `npm run consumers`: everybody who uses the package, each in an empty project with what the registry gives.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../support/built';
import { esbuild, rollup, webpack } from './bundlers';
import { command } from './command';
import { requireLearnt, type Consumer } from './consumer';
import { deno, node } from './hosts';
import { pack, Project } from './project';
import { scriptTag } from './script_tag';
import { typescript5, typescriptNewest } from './typescript';
import { vite } from './vite';

const CONSUMERS: readonly Consumer[] = [
  { ...typescript5, packages: ['typescript@5.9'] },
  typescriptNewest,
  vite(['vite@7']),
  webpack,
  rollup,
  esbuild,
  scriptTag,
  node,
  deno,
  command,
];

async function use(consumer: Consumer, tarball: string): Promise<boolean> {
  const start = performance.now();
  const project = new Project(tarball, consumer.packages);
  try {
    for (const did of await consumer.run(project)) {
      requireLearnt(did);
      const { what, trained } = did;
      const losses = trained ? `loss ${trained.first.toFixed(3)} to ${trained.last.toFixed(3)}` : '';
      const seconds = `after ${((performance.now() - start) / 1000).toFixed(1)} s`;
      console.log([consumer.name, what, losses, trained?.adapter, seconds].filter(Boolean).join('; '));
    }
    return true;
  } catch (error) {
    console.log(`${consumer.name}; FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    project.remove();
  }
}

/** @param names of the consumers; all, unless told otherwise */
export async function main(names: readonly string[]): Promise<number> {
  build();
  const folder = mkdtempSync(join(tmpdir(), 'inception-pack-'));
  const tarball = pack(folder);
  const chosen = CONSUMERS.filter(({ name }) => names.length === 0 || names.includes(name));
  let failed = chosen.length === 0 ? 1 : 0;
  for (const consumer of chosen) if (!(await use(consumer, tarball))) failed++;
  rmSync(folder, { recursive: true });
  return failed === 0 ? 0 : 1;
}
