// Each code block of each guide: programs are type-checked and run, and print what stands below them; commands exist.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parseBenchOptions } from '../../src/cli/bench/options';
import { parseClassifyOptions } from '../../src/cli/classify/options';
import { parseCompareOptions } from '../../src/cli/compare/options';
import { parseDoctorOptions } from '../../src/cli/doctor/options';
import { parseEvaluateOptions } from '../../src/cli/evaluate/options';
import { parseExplainOptions } from '../../src/cli/explain/options';
import { parseInspectOptions } from '../../src/cli/inspect/options';
import { parseOptions } from '../../src/cli/options';
import { call } from '../support/call';
import { BLOCKS, EXCERPTS, GUIDES, programsOf, withSources, type Block } from '../support/guides';
import type { runGuide } from '../support/jobs/guide';

const PROGRAMS = GUIDES.flatMap((file) =>
  programsOf(file).map((parts, index) => ({ name: index === 0 ? file : `${file}, page ${index}`, parts })),
);
/** A tutorial is read once, from its beginning to its end. */
const LONGEST = (file: string): number => (file.includes('/tutorial/') ? 150 : 120);
/** Numbers are rounded where they are printed; adapters may round the last digit otherwise. */
const TOLERANCE = 0.02;
const END = 'end of the block in line ';

const at = ({ file, line }: Block): string => `${file}:${line}`;

it('there are guides and programs', () => {
  expect(GUIDES.length).toBeGreaterThan(5);
  expect(PROGRAMS.length).toBeGreaterThan(4);
});

it('no guide has more than 120 lines, and no part of the tutorial more than 150', () => {
  const lines = GUIDES.map((file) => ({
    file,
    lines: readFileSync(file, 'utf8').trimEnd().split('\n').length,
  }));
  expect(lines.filter(({ file, lines: count }) => count > LONGEST(file))).toEqual([]);
});

it('each block is a program, what it prints, commands or a page, or says why not', () => {
  const strange = BLOCKS.filter(({ language, reason, file, line }) => {
    if (['ts', 'wgsl', 'html', 'sh'].includes(language)) return false;
    const isOutput = PROGRAMS.some(({ parts }) =>
      parts.some(({ output }) => output?.file === file && output.line === line),
    );
    return !isOutput && !(language === 'text' && reason !== '');
  });
  expect(strange.map((block) => `${at(block)} ${block.language}`)).toEqual([]);
});

it('excerpts stand in the files that they name, but for spaces; `// ...` leaves some out', () => {
  const packed = (text: string): string => text.replace(/\s/g, '');
  expect(EXCERPTS.length).toBeGreaterThan(10);
  const strange = EXCERPTS.filter(({ reason, text }) => {
    const [, file = ''] = /^from (shaders\/\w+\.wgsl)$/.exec(reason) ?? [];
    let rest = existsSync(file) ? packed(readFileSync(file, 'utf8')) : '';
    return text.split(/^ *\/\/ \.\.\.$/m).some((part) => {
      const at = rest.indexOf(packed(part));
      rest = rest.slice(at + packed(part).length);
      return at < 0 || packed(part) === '';
    });
  });
  expect(strange.map((block) => `${at(block)} ${block.reason}`)).toEqual([]);
});

it('links between guides lead somewhere', () => {
  const broken = GUIDES.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(resolve(file, '..', path)))
      .map((path) => `${file}: ${path}`),
  );
  expect(broken).toEqual([]);
});

describe('programs', () => {
  it('have right types', () => {
    const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as {
      readonly config: { readonly compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        ...config.compilerOptions,
        noUnusedLocals: false,
        allowImportingTsExtensions: true,
        types: ['@webgpu/types', 'vite/client'],
      },
      process.cwd(),
    );
    const texts = new Map(
      PROGRAMS.map(({ parts }, index) => [
        resolve(`guide${index}.ts`),
        withSources(parts.map(({ text }) => text).join('')).replaceAll("from '/", "from './"),
      ]),
    );
    const host = ts.createCompilerHost(options);
    const disk = { ...host };
    host.fileExists = (path) => texts.has(path) || disk.fileExists(path);
    host.readFile = (path) => texts.get(path) ?? disk.readFile(path);
    host.getSourceFile = (path, target) => {
      const text = texts.get(path);
      return text === undefined ? disk.getSourceFile(path, target) : ts.createSourceFile(path, text, target);
    };
    const files = [...texts.keys(), 'src/wgsl.d.ts'];
    const program = ts.createProgram(files, options, host);
    const wrong = [...texts.keys()].flatMap((path, index) => {
      const source = program.getSourceFile(path);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        (each) => {
          const line = source?.getLineAndCharacterOfPosition(each.start ?? 0).line ?? 0;
          const text = source?.text.split('\n')[line] ?? '';
          return `${PROGRAMS[index]?.name}: ${text.trim()}: ${ts.flattenDiagnosticMessageText(each.messageText, ' ')}`;
        },
      );
    });
    expect(wrong).toEqual([]);
  });

  it.each(PROGRAMS)('$name runs, and prints what it says', async ({ parts }) => {
    const run = parts.filter(({ language, reason }) => language !== 'ts' || reason === '');
    const source = run.map((part) => `${part.text}console.log('${END}${part.line}');\n`).join('');
    const { outputText } = ts.transpileModule(withSources(source), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    const lines = await call<typeof runGuide>('runGuide', { code: outputText });
    for (const part of run) {
      const end = lines.indexOf(`${END}${part.line}`);
      const printed = lines.splice(0, end + 1).slice(0, -1);
      if (part.output) expectAlike(part.output, printed.join('\n'));
    }
  });
});

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/** The same words, and numbers within the tolerance. */
function expectAlike(output: Block, printed: string): void {
  const expected = output.text.trimEnd();
  expect(printed.replace(NUMBER, '#'), at(output)).toBe(expected.replace(NUMBER, '#'));
  const [found, wanted] = [printed, expected].map((text) => (text.match(NUMBER) ?? []).map(Number));
  const off = wanted?.filter(
    (number, index) => Math.abs((found?.[index] ?? NaN) - number) > TOLERANCE * Math.abs(number),
  );
  expect(off, `${at(output)}: printed ${printed}`).toEqual([]);
}

const SCRIPTS = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: Record<string, string> }
).scripts;
const COMMANDS = BLOCKS.filter(({ language }) => language === 'sh').flatMap((block) =>
  block.text
    .replaceAll('\\\n', ' ')
    .split(/\n|&&/)
    .map((line) => ({
      where: at(block),
      words: wordsOf(line.replace(/\s#.*/, '').replace(/^(?:find|curl) .* \| /, '')),
    }))
    .filter(({ words }) => words.length > 0),
);

/** Words of a command, without variables before it. */
function wordsOf(line: string): string[] {
  const words = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, '$1'));
  return words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)));
}

const sourcesOf = (folder: string): string =>
  ts.sys
    .readDirectory(folder, ['.ts', '.mjs'], ['**/node_modules'])
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

/** Of the commands of the program. */
const OPTIONS: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  '--help': () => undefined,
  train: parseOptions,
  classify: parseClassifyOptions,
  evaluate: parseEvaluateOptions,
  explain: parseExplainOptions,
  inspect: parseInspectOptions,
  compare: parseCompareOptions,
  bench: parseBenchOptions,
  doctor: parseDoctorOptions,
};

/** What is wrong with a command, if anything. */
function problemOf([program = '', verb = '', ...rest]: readonly string[]): string | undefined {
  const options = rest.slice(rest.indexOf('--') + 1);
  if (program === 'npx' && verb === 'inception-webgpu')
    return wrongOf(() => OPTIONS[rest[0] ?? '']?.(rest.slice(1).filter((word) => word !== '--help')));
  if (program === 'npx')
    return rest.filter((word) => word.startsWith('test/')).find((path) => !existsSync(path));
  if (program !== 'npm') {
    const path = [program, verb].find((word) => /^(test|bench|src)\//.test(word));
    return path === undefined || !existsSync(path) ? 'no such file' : undefined;
  }
  if (['ci', 'install', 'pack'].includes(verb)) return undefined;
  const script = verb === 'run' ? (rest[0] ?? '') : verb;
  if (SCRIPTS[script] === undefined) return 'no such script';
  if (options.includes('--help') || !rest.includes('--')) return undefined;
  if (script === 'start') return wrongOf(() => parseOptions(options));
  const folder = { bench: 'bench', doctor: 'src/cli', faults: 'test/faults' }[script];
  const known = folder === undefined ? sourcesOf('test/node') : sourcesOf(folder);
  const unknown = options.filter((word) => word.startsWith('--') && !known.includes(word));
  if (script === 'bench' && !new RegExp(`['\\s]${options[0]}['":]`).test(known)) return 'no such benchmark';
  return unknown.length > 0 ? unknown.join(' ') : undefined;
}

function wrongOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

it('commands exist, and so do their options', () => {
  expect(COMMANDS.length).toBeGreaterThan(20);
  const wrong = COMMANDS.map(({ where, words }) => ({
    command: `${where} ${words.join(' ')}`,
    problem: problemOf(words),
  }));
  expect(wrong.filter(({ problem }) => problem !== undefined)).toEqual([]);
});
