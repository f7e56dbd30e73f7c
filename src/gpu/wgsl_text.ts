import { ShaderError } from '../core/errors';

/** A fault in a WGSL file that the build or the loader found; the message starts with `file:line`. */
export class WgslError extends ShaderError {
  constructor(
    file: string,
    /** Counted from 1; 0 where the fault has no single line. */
    readonly line: number,
    problem: string,
    got?: string,
    advice?: string,
  ) {
    super(line > 0 ? `${file}:${line}` : file, problem, got, advice);
  }
}

/** The same text with comments blanked out; offsets and line breaks stay where they are. */
export function maskComments(source: string): string {
  let out = '';
  let depth = 0; // WGSL block comments nest.
  for (let i = 0; i < source.length;) {
    const pair = source.slice(i, i + 2);
    if (pair === '/*' || (depth > 0 && pair === '*/')) {
      depth += pair === '/*' ? 1 : -1;
      out += '  ';
      i += 2;
    } else if (depth === 0 && pair === '//') {
      const newline = source.indexOf('\n', i);
      const end = newline < 0 ? source.length : newline;
      out += ' '.repeat(end - i);
      i = end;
    } else {
      const char = source.charAt(i);
      out += depth > 0 && char !== '\n' ? ' ' : char;
      i += 1;
    }
  }
  return out;
}

/**
 * The same program with no comments but marks (`// @unroll`), and no spaces that nothing needs: between two words, and two
 * operators that may be another one together, a space stays. Lines keep their numbers.
 */
export function squeezed(source: string): string {
  const mark = /^[ \t]*(\/\/ @\w+)/;
  const code = maskComments(source).split('\n');
  return source
    .split('\n')
    .map((line, index) => mark.exec(line)?.[1] ?? squeezedLine(code[index] as string))
    .join('\n');
}

const squeezedLine = (line: string): string =>
  line
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/ (?![\p{XID_Continue}])|(?<![\p{XID_Continue}]) /gu, (space, at: number, text: string) =>
      /[-+*/%&|^!<>=]{2}/.test(text.charAt(at - 1) + text.charAt(at + 1)) ? space : '',
    );

/** The line, counted from 1, that holds the character at `offset`. */
export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
