// peak.wgsl: nothing but multiply-adds, to find the most that an adapter can do.
//
//   multiply_add   a[c] = a[c] * factor + term, as the compiler likes to combine them
//   fused          a[c] = fma(a[c], factor, term)
//
// CHAINS accumulators wait for nothing but themselves. Each thread does rounds * STEPS * CHAINS multiply-adds of a
// number's lanes (1 for f32, 4 for vec4f) and writes their sum, so that nothing can be left out.

alias number = vec4f;
const CHAINS = 4;
const STEPS = 8;

override WG: u32 = 64;

struct Params {
  rounds: u32,
  /** Unknown to the compiler; numbers near 1 and 0 keep the accumulators finite. */
  factor: f32,
  term: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<number>;

@compute @workgroup_size(WG)
fn multiply_add(@builtin(global_invocation_id) id: vec3u) {
  let factor = number(p.factor);
  let term = number(p.term);
  var a: array<number, CHAINS>;
  // @unroll
  for (var c = 0u; c < CHAINS; c++) {
    a[c] = number(f32(id.x + c));
  }
  for (var i = 0u; i < p.rounds; i++) {
    // @unroll
    for (var s = 0u; s < STEPS; s++) {
      // @unroll
      for (var c = 0u; c < CHAINS; c++) {
        a[c] = a[c] * factor + term;
      }
    }
  }
  var sum = number(0);
  // @unroll
  for (var c = 0u; c < CHAINS; c++) {
    sum += a[c];
  }
  y[id.x] = sum;
}

@compute @workgroup_size(WG)
fn fused(@builtin(global_invocation_id) id: vec3u) {
  let factor = number(p.factor);
  let term = number(p.term);
  var a: array<number, CHAINS>;
  // @unroll
  for (var c = 0u; c < CHAINS; c++) {
    a[c] = number(f32(id.x + c));
  }
  for (var i = 0u; i < p.rounds; i++) {
    // @unroll
    for (var s = 0u; s < STEPS; s++) {
      // @unroll
      for (var c = 0u; c < CHAINS; c++) {
        a[c] = fma(a[c], factor, term);
      }
    }
  }
  var sum = number(0);
  // @unroll
  for (var c = 0u; c < CHAINS; c++) {
    sum += a[c];
  }
  y[id.x] = sum;
}
