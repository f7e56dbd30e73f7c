import { describe, expect, it } from 'vitest';
import { specialize } from '../../src/gpu/specialize';

const run = (source: string, constants: Record<string, number | string> = {}, unroll = true): string =>
  specialize({ file: 'k.wgsl', source }, constants, { unroll });

describe('constants', () => {
  it.each([
    ['const TM = 4u;', 8, 'const TM = 8u;'],
    ['const TM = 4;', 8, 'const TM = 8;'],
    ['const TM: u32 = 4; // rows of a thread', 8, 'const TM: u32 = 8; // rows of a thread'],
    ['const TM = -1i;', -2, 'const TM = -2i;'],
    ['const TM = 1.0;', 2, 'const TM = 2.0;'],
    ['const TM = 1.0f;', 0.5, 'const TM = 0.5f;'],
    ['const TM = 1f;', 2, 'const TM = 2.0f;'],
    ['const TM = 1e-5;', 1e-7, 'const TM = 1e-7;'],
    ['const TM = 2u * 2u;', '3u * 3u', 'const TM = 3u * 3u;'],
    ['alias TM = f32;', 'f16', 'alias TM = f16;'],
    ['const TM = true;', 'false', 'const TM = false;'],
  ])('%s with %s is %s', (source, value, expected) => {
    expect(run(`// a\n${source}\nconst TMX = 4u;`, { TM: value })).toBe(`// a\n${expected}\nconst TMX = 4u;`);
  });

  it('replaces several, and nothing in comments or inside functions', () => {
    const source = (tm: string, tn: string): string =>
      `/*\nconst TM = 1u;\n*/\nconst TM = ${tm};\nconst TN = ${tn};\nfn f() {\n  const TM = 9u;\n}`;
    expect(run(source('1u', '2u'), { TM: 5, TN: 6 })).toBe(source('5u', '6u'));
  });

  it.each<[string, string, number | string, string]>([
    ['a name that is missing', 'const TN = 4u;', 8, 'k.wgsl: needs one line `const TM = ...;`'],
    ['a name that is there twice', 'const TM = 4u;\nconst TM = 4u;', 8, 'got 2; keep one such line'],
    ['an override', 'override TM = 4u;', 8, 'got 0'],
    ['a fraction for a natural number', '\nconst TM = 4u;', 1.5, 'k.wgsl:2: TM is 4u, so it needs a natural'],
    ['a negative natural number', 'const TM = 4u;', -1, 'needs a natural number; got -1'],
    ['a number for an expression', 'const TM = 2u * 2u;', 4, 'TM is not a plain number'],
  ])('refuses %s', (_name, source, value, message) => {
    expect(() => run(source, { TM: value })).toThrow(message);
  });
});

describe('@unroll', () => {
  const loop = (bound: string, body: string): string =>
    `// @unroll\nfor (var i = 0u; i < ${bound}; i++) {${body}}`;

  it('writes one block per iteration and keeps line numbers', () => {
    const source = `// @unroll why\nfor (var i = 0u; i < 3u; i++) {\n  y[i] = p.i + ii; // i\n}\nlast`;
    expect(run(source)).toBe(`\n{\n  y[0u] = p.i + ii;\n} { y[1u] = p.i + ii; } { y[2u] = p.i + ii; }\nlast`);
  });

  it('leaves the loops where told to', () => {
    expect(run(loop('3u', ' a(i); '), {}, false)).toBe(loop('3u', ' a(i); '));
  });

  it('takes bounds from constants, also replaced ones and products', () => {
    const source = `const TM = 1u;\nconst TN = 2u;\nconst T = TM * TN;\n${loop('T * 1u', 'a(i);')}`;
    expect(run(source, { TM: 2 })).toContain('{a(0u);} {a(1u);} {a(2u);} {a(3u);}');
  });

  it('unrolls i32 and longer-typed counters', () => {
    expect(run('// @unroll\nfor (var i = 0; i < 2; i++) {a(i);}')).toBe('\n{a(0i);} {a(1i);}');
    expect(run('// @unroll\nfor (var i: u32 = 0u; i < 2u; i++) {a(i);}')).toBe('\n{a(0u);} {a(1u);}');
    expect(run('// @unroll\nfor (var i: u32 = 0; i < 2; i++) {a(i);}')).toBe('\n{a(0u);} {a(1u);}');
  });

  it('gives nothing for no iterations', () => {
    expect(run(`${loop('0u', '\n a(i);\n')}\nb();`)).toBe('\n\n\n\nb();');
  });

  it('unrolls nested loops, braces in comments notwithstanding', () => {
    const source = `// @unroll
for (var i = 0u; i < 2u; i++) { // }
  // @unroll
  for (var j = 0u; j < 2u; j++) {
    acc[i * 2u + j] += 1.0; /* } */
  }
}`;
    const flat = run(source).replace(/\s+/g, '');
    expect(flat).toBe(
      [0, 1].map((i) => `{${[0, 1].map((j) => `{acc[${i}u*2u+${j}u]+=1.0;}`).join('')}}`).join(''),
    );
    expect(run(source).split('\n')).toHaveLength(source.split('\n').length);
  });

  it('leaves loops without a mark alone', () => {
    const source =
      'for (var k = 0u; k < p.count; k++) {\n// @unroll\nfor (var i = 0u; i < 2u; i++) {a(i);}\n}';
    expect(run(source)).toBe('for (var k = 0u; k < p.count; k++) {\n\n{a(0u);} {a(1u);}\n}');
  });

  it.each([
    [
      'another step',
      '\n// @unroll\nfor (var i = 0u; i < 4u; i += 2u) {}',
      'k.wgsl:2: @unroll needs `for (var i',
    ],
    [
      'another comparison',
      '// @unroll\nfor (var i = 0u; i <= 4u; i++) {}',
      'got `for (var i = 0u; i <= 4u; i++) {}`',
    ],
    ['no loop', '// @unroll\nlet a = 1;', 'got `let a = 1;`'],
    ['a bound that is no constant', loop('p.count', ''), 'got `p.count`'],
    [
      'a bound that is an override',
      `override N: u32 = 4;\n${loop('N', '')}`,
      'k.wgsl:2: @unroll needs a bound',
    ],
    ['break', loop('2u', '\nbreak;'), 'k.wgsl:3: a loop under @unroll leaves early; got `break`'],
    ['a changed variable', loop('2u', ' i += 1u; '), 'changes i'],
    ['a hidden variable', loop('2u', ' let i = 1u; '), 'declares another i'],
    [
      'a bound that is hidden',
      `const N = 4u;\nlet N = 2u;\n${loop('N', '')}`,
      'whose name nothing else has; got N',
    ],
    [
      'a parameter for a bound',
      `const N = 4u;\nfn f(N: u32) {\n${loop('N', '')}}`,
      'whose name nothing else has',
    ],
    [
      'a bound no text can hold',
      loop('1000000000', ''),
      '@unroll writes out at most 1024 turns; got 1000000000',
    ],
    ['a missing brace', '// @unroll\nfor (var i = 0u; i < 2u; i++) { {}', 'no closing brace'],
  ])('refuses %s', (_name, source, message) => {
    expect(() => run(source)).toThrow(message);
  });

  it('does not take comparisons for assignments', () => {
    expect(run(loop('1u', ' if (i == 0u || i >= 1u) { a(); } '))).toContain('if (0u == 0u || 0u >= 1u)');
  });
});
