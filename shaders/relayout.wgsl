// relayout.wgsl: tensors of 32-bit words from PyTorch's order to rows of channels, and back.
//
//   scatter   y[row, c] = x[n, c, h, w] for the row of pixel (n, h, w); 0 beyond the channels and the rows of x
//   gather    y[n, c, h, w] = x[row, c]
//
// One thread per word of y. A plane has h * w pixels; rows begin `stride` words apart.

override WG: u32 = 256;

struct Params {
  count: u32, // words of y
  rows: u32, // rows that x has
  channels: u32,
  plane: u32,
  stride: u32,
  x_offset: u32,
  y_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// ---- scatter ----
@compute @workgroup_size(WG)
fn scatter(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.stride;
  let channel = index % p.stride;
  var word = 0u;
  if (channel < p.channels && row < p.rows) {
    word = x[p.x_offset + (row / p.plane * p.channels + channel) * p.plane + row % p.plane];
  }
  y[p.y_offset + index] = word;
}

// ---- gather ----
@compute @workgroup_size(WG)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let planes = index / p.plane;
  let row = planes / p.channels * p.plane + index % p.plane;
  y[p.y_offset + index] = x[p.x_offset + row * p.stride + planes % p.channels];
}
