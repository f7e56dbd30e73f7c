// stream.wgsl: y = x, to find how fast an adapter moves memory. Each thread copies PER_THREAD vectors that lie a
// whole grid apart, so that neighbours read neighbours.

const PER_THREAD = 4;

override WG: u32 = 64;

struct Params {
  /** Threads. */
  threads: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WG)
fn copy(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * WG + id.x;
  if (thread >= p.threads) {
    return;
  }
  // @unroll
  for (var i = 0u; i < PER_THREAD; i++) {
    let at = i * p.threads + thread;
    y[at] = x[at];
  }
}
