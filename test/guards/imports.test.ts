// What lint leaves open: circles of files, of which it sees none that are closed by types, and arrows that nobody uses.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|mjs)$/.test(name))
  .map((name) => join('src', name));

/** The files of src/ that each imports, for its values or for its types. */
const imports = new Map(
  files.map((file) => {
    const text = readFileSync(file, 'utf8');
    const named = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) => path);
    const found = named.map((path) => join(dirname(file), path)).flatMap((path) => withEnding(path));
    return [file, found] as const;
  }),
);

function withEnding(path: string): string[] {
  const wanted = [path, `${path}.ts`, join(path, 'index.ts')];
  return files.filter((file) => wanted.includes(file));
}

/** A way from a file back to itself; undefined if there is none. */
function circle(file: string, way: readonly string[], seen: Set<string>): readonly string[] | undefined {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
  if (seen.has(file)) return undefined;
  seen.add(file);
  for (const next of imports.get(file) ?? []) {
    const found = circle(next, [...way, file], seen);
    if (found) return found;
  }
  return undefined;
}

describe('imports of src', () => {
  it('are found', () => {
    expect(imports.get('src/index.ts')).toContain('src/core/op.ts');
    expect([...imports.values()].flat().length).toBeGreaterThan(500);
  });

  it('run in no circle, types included', () => {
    const seen = new Set<string>();
    const circles = files.flatMap((file) => circle(file, [], seen)?.join(' -> ') ?? []);
    expect(circles).toEqual([]);
  });

  it('need each arrow between folders that lint allows, all of which run downward', () => {
    const arrows = JSON.parse(readFileSync('src/arrows.json', 'utf8')) as Record<string, readonly string[]>;
    const folderOf = (file: string): string => file.split(/[\\/]/)[1] ?? '';
    const used = [...imports].flatMap(([file, found]) =>
      found.map((other) => `${folderOf(file)} -> ${folderOf(other)}`),
    );
    const allowed = Object.entries(arrows).flatMap(([folder, below]) =>
      below.map((other) => `${folder} -> ${other}`),
    );
    expect(allowed.filter((arrow) => !used.includes(arrow))).toEqual([]);
    const order = Object.keys(arrows);
    const upward = Object.entries(arrows).flatMap(([folder, below]) =>
      below.filter((other) => order.indexOf(other) >= order.indexOf(folder)),
    );
    expect(upward).toEqual([]);
    expect(order.sort()).toEqual(
      [...new Set(files.map(folderOf))].filter((name) => !name.endsWith('.d.ts')).sort(),
    );
  });
});
