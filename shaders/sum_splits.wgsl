// sum_splits.wgsl: the second pass of a sum that was split over workgroups, in a fixed order (no atomics).
//
//   forward   total[g,r,c] = sum over s of parts[s,g,r,c]
//
// parts is dense; total is a view with a row stride, in which a group (a tap of a convolution's weights) may be
// followed by rows of padding. One thread per element of total.

const WG = 64;

struct Params {
  rows: u32,
  columns: u32,
  splits: u32,
  group_rows: u32,   // rows of a group in parts
  total_group_rows: u32, // rows from one group to the next in total
  total_stride: u32,
  total_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> parts: array<f32>;
@group(0) @binding(3) var<storage, read_write> total: array<f32>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  let count = p.rows * p.columns;
  if (index >= count) { return; }
  var sum = 0.0;
  for (var s = 0u; s < p.splits; s++) { sum += parts[s * count + index]; }
  let row = index / p.columns;
  let total_row = row / p.group_rows * p.total_group_rows + row % p.group_rows;
  total[total_row * p.total_stride + index % p.columns + p.total_offset] = sum;
}
