// Whatever type a public declaration mentions has a name that an application can import from the same entry.
import { dirname, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { buildLibrary } from '../support/built';

/** `mentioned in: type` for each type of ours that an entry's exports mention and neither it nor the main entry exports. */
function hidden(entry: string, main: string): string[] {
  const own = `${dirname(main)}/`;
  const program = ts.createProgram([entry, main], {
    target: ts.ScriptTarget.ES2022,
    types: [],
    strict: true,
  });
  const checker = program.getTypeChecker();
  const resolved = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = (path: string): ts.Symbol[] => {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    if (!module) throw new Error(`${path} exports nothing`);
    return checker.getExportsOfModule(module).map(resolved);
  };
  const exported = new Set([...exportsOf(main), ...exportsOf(entry)]);

  const found: string[] = [];
  for (const symbol of exportsOf(entry)) {
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) {
        const named = checker.getSymbolAtLocation(node);
        const target = named && resolved(named);
        const isOurs = target?.declarations?.some(
          (each) =>
            (ts.isInterfaceDeclaration(each) ||
              ts.isTypeAliasDeclaration(each) ||
              ts.isClassDeclaration(each)) &&
            ts.isSourceFile(each.parent) &&
            each.getSourceFile().fileName.startsWith(own),
        );
        if (target && isOurs && !isGlobal(target) && !exported.has(target))
          found.push(`${symbol.name}: ${target.name}`);
      }
      ts.forEachChild(node, visit);
    };
    for (const declaration of symbol.declarations ?? []) visit(declaration);
  }
  return [...new Set(found)].sort();
}

/** Of dist/webgpu.d.ts, which is no module. */
const isGlobal = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.some((each) => !ts.isExternalModule(each.getSourceFile()));

describe.each(
  [
    'index',
    'doctor/index',
    'node/index',
    'data',
    'data/node/index',
    'op',
    'shader/index',
    'shader/vite',
    'shader/esbuild',
  ].map((name) => `dist/${name}.d.ts`),
)('%s', (entry) => {
  it('exports what its exports mention', () => {
    buildLibrary();
    expect(hidden(resolve(entry), resolve('dist/index.d.ts'))).toEqual([]);
  });
});
