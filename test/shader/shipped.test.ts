// What the build makes of each WGSL file: the same tokens on the same lines, and the same reflection.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shaderOf } from '../../src/core/shader';
import { reflectShader } from '../../src/shader/reflect';
import { shippedShader } from '../../src/shader/shipped';
import { specialize } from '../../src/gpu/specialize';
import { maskComments, squeezed } from '../../src/gpu/wgsl_text';

const files = readdirSync('shaders').filter((file) => file.endsWith('.wgsl'));
const sourceOf = (file: string): string => readFileSync(`shaders/${file}`, 'utf8');

/** Longest operators first, as WGSL reads them. */
const TOKEN =
  /[A-Za-z_]\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[uifh]?|<<=|>>=|->|&&|\|\||\+\+|--|<<|>>|[-+*/%&|^!=<>]=|\S/g;
const tokens = (source: string): string[][] =>
  maskComments(source)
    .split('\n')
    .map((line) => line.match(TOKEN) ?? []);

describe.each(files)('%s', (file) => {
  const source = sourceOf(file);
  const short = squeezed(source);

  it('is shipped with the same tokens on the same lines', () => {
    expect(tokens(short)).toEqual(tokens(source));
    expect(short.length).toBeLessThan(source.length * 0.9);
  });

  it('has its loops written out alike', () => {
    // An optimizer's rule has no loops of its own; what stands around it is tried with its stand-in.
    expect(tokens(specialize({ file, source: short }, {})).flat()).toEqual(
      tokens(specialize({ file, source }, {})).flat(),
    );
  });

  it('is read as the parser reads it', () => {
    const shader = reflectShader(file, source);
    expect(shaderOf(...shippedShader(shader))).toEqual({ ...shader, source: short });
  });
});

it('keeps the space between operators that would be another one, and marks', () => {
  expect(squeezed('  let a = b - -c; // d\n  // @unroll\n  if (a & !b) { x[ 1 ] += 2u; } /* e */')).toBe(
    'let a=b- -c;\n// @unroll\nif(a& !b){x[1]+=2u;}',
  );
});

it.each([
  ['a vector in a uniform', 'struct Params {\n  a: vec2u,\n}', { Params: { size: 8, fields: {} } }],
  ['a struct that is padded', 'struct Params {\n  a: u32,\n}', { Params: { size: 16, fields: {} } }],
])('refuses what it would read otherwise: %s', (_name, struct, structs) => {
  const source = `${struct}\n@group(0) @binding(0) var<uniform> p: Params;\n`;
  expect(() => shippedShader({ file: 'k.wgsl', source, entries: {}, structs, overrides: [] })).toThrow(
    'k.wgsl: is not read by src/core/shader.ts as it is by the parser',
  );
});
