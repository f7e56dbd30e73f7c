import { WgslError, lineAt, maskComments } from './wgsl_text';
import { unrollLoops } from './unroll';

/** The part of a `ShaderModule` that specialisation reads. */
export interface ShaderText {
  readonly file: string;
  readonly source: string;
}

export type ConstantValue = number | string;

/**
 * The WGSL text with other values for some of its constants, and its marked loops written out.
 *
 * WGSL allows no `override` where a function-scope array is sized, so such sizes are `const NAME = value;` lines (and
 * element types `alias NAME = type;` lines), at the start of a line of their own. A number takes the type of
 * the literal it replaces (`4u` -> `8u`); a string replaces the right-hand side as it is. Line numbers do not change.
 *
 * @param options unroll: false leaves `// @unroll` loops as loops
 * @throws WgslError unless exactly one line matches each name, or where a marked loop has another form
 */
export function specialize(
  module: ShaderText,
  constants: Readonly<Record<string, ConstantValue>>,
  options: { readonly unroll: boolean } = { unroll: true },
): string {
  let source = module.source;
  for (const [name, value] of Object.entries(constants)) {
    source = replaceConstant(module.file, source, name, value);
  }
  return options.unroll ? unrollLoops(module.file, source) : source;
}

function replaceConstant(file: string, source: string, name: string, value: ConstantValue): string {
  const line = new RegExp(
    String.raw`^((?:const\s+${name}\s*(?::[^=;\n]+)?|alias\s+${name}\s*)=\s*)([^;\n]*?)(\s*;[ \t]*)$`,
    'gm',
  );
  // Matched without comments, cut out of the text with them.
  const matches = [...maskComments(source).matchAll(line)];
  const [match] = matches;
  if (match === undefined || matches.length > 1) {
    const advice = 'keep one such line, starting in the first column';
    const problem = `needs one line \`const ${name} = ...;\` or \`alias ${name} = ...;\``;
    throw new WgslError(file, 0, problem, String(matches.length), advice);
  }
  const [, head = '', old = ''] = match;
  const start = match.index + head.length;
  const where = lineAt(source, match.index);
  const text = typeof value === 'string' ? value : literalLike(file, where, name, old, value);
  return source.slice(0, start) + text + source.slice(start + old.length);
}

/** `value` written with the suffix, hence the type, of the literal `old`. */
function literalLike(file: string, line: number, name: string, old: string, value: number): string {
  const literal = /^-?(?:\d+([ui]?)|\d*\.?\d*(?:[eE][+-]?\d+)?([fh]?))$/.exec(old);
  if (literal === null || old === '') {
    const problem = `${name} is not a plain number, so no number can replace it`;
    throw new WgslError(file, line, problem, old, 'give a string');
  }
  const [, integerSuffix, floatSuffix] = literal;
  if (integerSuffix === undefined) {
    const digits = String(value);
    return (/[.e]/.test(digits) ? digits : `${digits}.0`) + (floatSuffix ?? '');
  }
  if (!Number.isInteger(value) || (integerSuffix === 'u' && value < 0)) {
    const problem = `${name} is ${old}, so it needs ${integerSuffix === 'u' ? 'a natural number' : 'an integer'}`;
    throw new WgslError(file, line, problem, String(value));
  }
  return `${value}${integerSuffix}`;
}
