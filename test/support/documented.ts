// Which public names lack words: read from the declarations that the entries of the package export.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

const LISTED = JSON.parse(readFileSync('typedoc.json', 'utf8')) as {
  readonly entryPoints: readonly string[];
};
export const ENTRIES = LISTED.entryPoints;

export interface Missing {
  /** `file: name`, of a method `file: Class.method`. */
  readonly what: string;
  readonly lacks: 'a description' | `the meaning of ${string}` | 'its errors';
}

/** How a function of ours refuses what it is given. */
const REFUSES = /\bthrow new \w*Error\(|\b(?:checkOptions|require[A-Z]\w*)\(/;

/** What is missing at all that the entries export, and their public methods. */
export function undocumented(entries: readonly string[] = ENTRIES): Missing[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    readonly config: { readonly compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
  const program = ts.createProgram([...entries, 'src/wgsl.d.ts'], options);
  const checker = program.getTypeChecker();
  const symbols = new Set<ts.Symbol>();
  for (const entry of entries) {
    const source = program.getSourceFile(resolve(entry));
    const module = source && checker.getSymbolAtLocation(source);
    for (const found of module ? checker.getExportsOfModule(module) : []) {
      symbols.add(found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found);
    }
  }
  const missing: Missing[] = [];
  for (const symbol of symbols) {
    // `export * as is`: rules, whose parameters and errors are those of `Rule`.
    const isModule = symbol.flags & ts.SymbolFlags.ValueModule;
    const lacking = (each: ts.Symbol) => missingOf(each, checker);
    if (!isModule) missing.push(...lacking(symbol));
    else missing.push(...checker.getExportsOfModule(symbol).flatMap(lacking).filter(isDescription));
  }
  return missing;
}

const isDescription = ({ lacks }: Missing): boolean => lacks === 'a description';

function missingOf(symbol: ts.Symbol, checker: ts.TypeChecker, owner = ''): Missing[] {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration || isInternal(symbol, checker)) return [];
  const file = declaration.getSourceFile().fileName.replace(`${process.cwd()}/`, '');
  const what = `${file}: ${owner}${symbol.name}`;
  const missing: Missing[] = [];
  const described = symbol.getDocumentationComment(checker).length > 0;
  const tags = symbol.getJsDocTags(checker);
  if (!described && tags.length === 0) missing.push({ what, lacks: 'a description' });
  const made = functionOf(declaration);
  if (made) {
    const told = tags.filter(({ name }) => name === 'param').map(({ text }) => text?.[0]?.text);
    for (const { name } of made.parameters) {
      const text = name.getText();
      // The text says it, the tag says it, or it is a record whose own type has words for each field.
      const said = ts.isObjectBindingPattern(name) || told.includes(text) || mentions(symbol, text, checker);
      if (!said && !isOptions(made, text)) missing.push({ what, lacks: `the meaning of ${text}` });
    }
    const throwing = made.body !== undefined && REFUSES.test(made.body.getText());
    if (throwing && !tags.some(({ name }) => name === 'throws')) missing.push({ what, lacks: 'its errors' });
  }
  if (ts.isClassDeclaration(declaration)) {
    for (const [, member] of symbol.members ?? []) missing.push(...membersOf(member, checker, symbol.name));
    for (const [, member] of symbol.exports ?? []) missing.push(...membersOf(member, checker, symbol.name));
  }
  return missing;
}

function membersOf(member: ts.Symbol, checker: ts.TypeChecker, owner: string): Missing[] {
  const [declaration] = member.declarations ?? [];
  if (!declaration || !(ts.isMethodDeclaration(declaration) || ts.isGetAccessor(declaration))) return [];
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  if (ts.isPrivateIdentifier(declaration.name) || ts.getCombinedModifierFlags(declaration) & hidden)
    return [];
  return missingOf(member, checker, `${owner}.`);
}

const isInternal = (symbol: ts.Symbol, checker: ts.TypeChecker): boolean =>
  symbol.getJsDocTags(checker).some(({ name }) => name === 'internal');

/** The function that a declaration is, or has for a value. */
function functionOf(declaration: ts.Declaration): ts.FunctionLikeDeclaration | undefined {
  if (ts.isFunctionDeclaration(declaration) || ts.isMethodDeclaration(declaration)) return declaration;
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  return value && ts.isArrowFunction(value) ? value : undefined;
}

const mentions = (symbol: ts.Symbol, name: string, checker: ts.TypeChecker): boolean =>
  new RegExp(`\`${name}\\b|\\b${name}\\b \\(|\\b${name}\\b`).test(
    ts.displayPartsToString(symbol.getDocumentationComment(checker)),
  );

/** An object of options says what each field is. */
const isOptions = (made: ts.FunctionLikeDeclaration, name: string): boolean =>
  /^(?:options|settings|engine|builder)$/.test(name) &&
  made.parameters.some((each) => each.name.getText() === name);
