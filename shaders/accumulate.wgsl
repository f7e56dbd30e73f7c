// accumulate.wgsl: adds the gradients of one micro-batch to those of the ones before.
//
//   add   total += dw, over the whole flat buffer

override WG: u32 = 256;

struct Params {
  count: u32, // vectors
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> dw: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> total: array<vec4f>;

// ---- add ----
@compute @workgroup_size(WG)
fn add(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * WG + id.x;
  if (at < p.count) { total[at] += dw[at]; }
}
