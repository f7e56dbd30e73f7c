// find_not_finite.wgsl: whether a tensor holds a NaN or an infinity.
//
//   find   found[i] = how many numbers of x are not finite
//
// x is rows of columns; its numbers are read as bits, since a shader may assume that NaN and infinity do not occur. One
// thread per number. found begins as 0.

override WG: u32 = 256;

struct Params {
  rows: u32,
  columns: u32,
  x_stride: u32,
  x_offset: u32,
  place: u32, // i
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> found: array<atomic<u32>>;

// ---- find ----
@compute @workgroup_size(WG)
fn find(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.rows * p.columns) { return; }
  let bits = x[p.x_offset + index / p.columns * p.x_stride + index % p.columns];
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    atomicAdd(&found[p.place], 1u);
  }
}
