import { WgslError, lineAt, maskComments } from './wgsl_text';

const MARK = /^[ \t]*\/\/ @unroll\b/gm;
const HEADER =
  /^\s*for ?\(var (\w+)(?:\s*:\s*([ui])32)? ?= ?(\d+)([ui]?); ?(\w+) ?< ?([^;<=]+); ?(\w+)\+\+\) ?\{/;
const FORM = 'for (var i = 0u; i < BOUND; i++) { ... }';
/** Blocks that a text may hold before it is too long for any compiler. */
const MOST = 1024;

interface Loop {
  readonly variable: string;
  readonly suffix: string;
  readonly start: number;
  readonly end: number;
  /** Offsets in the file: the `for`, its opening brace, and just behind its closing brace. */
  readonly from: number;
  readonly open: number;
  readonly to: number;
}

/**
 * Writes out each loop under a `// @unroll` comment: one block per iteration, the loop variable replaced by its value.
 * Drivers that do not unroll keep small register arrays in memory; written out, their indices are constants.
 *
 * The first block keeps its lines and the others follow on its last, so line numbers in compile errors stay right.
 * Comments are left out where there is a marked loop.
 *
 * @throws WgslError where the loop has another form, leaves early, or changes or hides its variable
 */
export function unrollLoops(file: string, source: string): string {
  const marks = [...source.matchAll(MARK)];
  if (marks.length === 0) return source;
  let code = maskComments(source);
  // From the last mark to the first, so that an inner loop is written out before the one around it is copied.
  for (const mark of marks.reverse()) {
    const loop = readLoop(file, code, mark.index);
    checkBody(file, code, loop);
    code = code.slice(0, loop.from) + expand(code, loop) + code.slice(loop.to);
  }
  return code.replace(/[ \t]+$/gm, '');
}

function readLoop(file: string, code: string, mark: number): Loop {
  const line = lineAt(code, mark);
  const header = HEADER.exec(code.slice(mark));
  const [whole = '', variable = '', type, start = '', suffix = '', tested, bound = '', counted] =
    header ?? [];
  if (header === null || tested !== variable || counted !== variable) {
    const got = code.slice(mark).trimStart().split('\n')[0] ?? '';
    throw new WgslError(file, line, `@unroll needs \`${FORM}\` below it`, `\`${got.trim()}\``);
  }
  const open = mark + whole.length - 1;
  const end = evaluate(file, line, code, bound);
  if (end - Number(start) > MOST)
    throw new WgslError(file, line, `@unroll writes out at most ${MOST} turns`, String(end - Number(start)));
  return {
    variable,
    suffix: suffix === '' ? (type ?? 'i') : suffix,
    start: Number(start),
    end,
    from: open - whole.trimStart().length + 1,
    open,
    to: closingBrace(file, line, code, open) + 1,
  };
}

/** A product of integer literals and integer constants of the file. */
function evaluate(file: string, line: number, code: string, expression: string): number {
  return expression.split('*').reduce((product, text) => {
    const factor = text.trim();
    if (/^\d+[ui]?$/.test(factor)) return product * parseInt(factor, 10);
    const declared = /^\w+$/.test(factor)
      ? new RegExp(String.raw`^const\s+${factor}\s*(?::[^=;\n]+)?=\s*([^;\n]+);`, 'm').exec(code)
      : null;
    if (declared === null) {
      const got = `\`${expression}\``;
      throw new WgslError(file, line, '@unroll needs a bound of integer literals and `const` integers', got);
    }
    const names = new RegExp(String.raw`\b(?:var|let|const)\s+${factor}\s*[:=]|[(,]\s*${factor}\s*:`, 'g');
    if ((code.match(names)?.length ?? 0) > 1)
      throw new WgslError(file, line, '@unroll needs a bound whose name nothing else has', factor);
    return product * evaluate(file, line, code, declared[1] ?? '');
  }, 1);
}

function closingBrace(file: string, line: number, code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (code[i] === '{') depth += 1;
    if (code[i] === '}') depth -= 1;
    if (depth === 0) return i;
  }
  throw new WgslError(file, line, 'the loop under @unroll has no closing brace');
}

/** What textual expansion would get wrong without a word is refused. */
function checkBody(file: string, code: string, loop: Loop): void {
  const name = loop.variable;
  const faults: readonly [RegExp, string][] = [
    [/\b(?:break|continue)\b/, 'leaves early'],
    [new RegExp(String.raw`\b(?:var|let|const)\s+${name}\b`), `declares another ${name}`],
    [
      new RegExp(String.raw`(?<![\w.])${name}\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|(?<![\w.])${name}\s*(?:\+\+|--)`),
      `changes ${name}`,
    ],
  ];
  const body = code.slice(loop.open, loop.to);
  for (const [pattern, fault] of faults) {
    const found = pattern.exec(body);
    if (found !== null) {
      const line = lineAt(code, loop.open + found.index);
      throw new WgslError(file, line, `a loop under @unroll ${fault}`, `\`${found[0]}\``);
    }
  }
}

function expand(code: string, loop: Loop): string {
  const name = new RegExp(String.raw`(?<![\w.])${loop.variable}(?!\w)`, 'g');
  const first = code.slice(loop.open, loop.to);
  const further = first.replace(/\s+/g, ' ');
  const blocks: string[] = [];
  for (let i = loop.start; i < loop.end; i++) {
    blocks.push((i === loop.start ? first : further).replace(name, `${i}${loop.suffix}`));
  }
  const header = code.slice(loop.from, loop.open).replace(/[^\n]/g, '');
  return header + (blocks.length > 0 ? blocks.join(' ') : first.replace(/[^\n]/g, ''));
}
