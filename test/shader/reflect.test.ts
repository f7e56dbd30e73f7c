import { describe, expect, it } from 'vitest';
import { reflectShader } from '../../src/shader/reflect';

const SOURCE = `// two entry points that use the same binding numbers for different variables
override WG: u32 = 64;
override RELU: bool = false;
const TM = 4u;
alias real = f32;
struct Params { height: u32, scale: f32, offset: i32 }
struct Step { seed: u32 }
struct Helper { value: vec4f }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(5) var<uniform> step: Step;

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage> z: array<real>;
var<workgroup> tile: array<f32, WG>;
fn load(i: u32) -> f32 { return z[i] * p.scale; }
fn deep(i: u32) -> f32 { return load(i); }
@compute @workgroup_size(WG) fn forward(@builtin(global_invocation_id) id: vec3u) {
  let dy = 1.0; // not the variable of that name
  tile[0] = dy;
  if (id.x >= p.height) { return; }
  y[id.x] = vec4f(deep(id.x) + x[id.x]);
}

@group(0) @binding(1) var<storage, read> dy: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<atomic<u32>>;
@compute @workgroup_size(WG, 1) fn backward() {
  for (var i = 0u; i < TM; i++) { atomicAdd(&dx[i], dy[i] + step.seed); }
}
`;

describe('reflectShader', () => {
  const shader = reflectShader('two.wgsl', SOURCE);

  it('lists each entry point with the bindings it uses, also through functions', () => {
    expect(shader.entries).toEqual({
      forward: {
        p: { binding: 0, access: 'uniform', struct: 'Params', elementBytes: 12 },
        x: { binding: 1, access: 'read', elementBytes: 4 },
        y: { binding: 2, access: 'read_write', elementBytes: 16 },
        z: { binding: 3, access: 'read', elementBytes: 4 },
      },
      backward: {
        step: { binding: 5, access: 'uniform', struct: 'Step', elementBytes: 4 },
        dy: { binding: 1, access: 'read', elementBytes: 4 },
        dx: { binding: 2, access: 'read_write', elementBytes: 4 },
      },
    });
  });

  it('lays out the structs of uniforms, and only those', () => {
    expect(shader.structs).toEqual({
      Params: {
        size: 12,
        fields: {
          height: { offset: 0, type: 'u32' },
          scale: { offset: 4, type: 'f32' },
          offset: { offset: 8, type: 'i32' },
        },
      },
      Step: { size: 4, fields: { seed: { offset: 0, type: 'u32' } } },
    });
  });

  it('names overrides and keeps the source', () => {
    expect(shader.overrides).toEqual(['WG', 'RELU']);
    expect(shader.file).toBe('two.wgsl');
    expect(shader.source).toBe(SOURCE);
  });

  it.each([
    ['a syntax error', 'fn f() {\n  let x = 1\n}', 'bad.wgsl:3: does not parse: Expected'],
    [
      'a vector in a uniform',
      'struct Params {\n size: vec2u }\n@group(0) @binding(0) var<uniform> p: Params;\n' +
        '@compute @workgroup_size(1) fn forward() { let a = p.size; }',
      'bad.wgsl:1: Params.size must be f32, u32 or i32; got vec2u',
    ],
    [
      'another group',
      '@group(1) @binding(0) var<storage> x: array<f32>;\n@compute @workgroup_size(1) fn forward() { let a = x[0]; }',
      'bad.wgsl:1: x must be in group 0; got group 1',
    ],
    [
      'a storage variable that is no array',
      '\n@group(0) @binding(0) var<storage> x: f32;\n@compute @workgroup_size(1) fn forward() { let a = x; }',
      'bad.wgsl:2: x must be a uniform struct or a storage array; got f32',
    ],
    [
      'a binding number used twice',
      '@group(0) @binding(1) var<storage> x: array<f32>;\n@group(0) @binding(1) var<storage> w: array<f32>;\n' +
        '@compute @workgroup_size(1) fn forward() { let a = x[0] + w[0]; }',
      'entry point forward uses binding 1 twice; got x and w',
    ],
  ])('refuses %s and says where', (_name, source, message) => {
    expect(() => reflectShader('bad.wgsl', source)).toThrow(message);
  });
});
