// bias.wgsl: adds one number per channel; its gradient is the column sums of dy.
//
//   forward         y[r,c]     = x[r,c] + b[c]
//   backward_bias   parts[k,c] = sum of dy[r,c] over the rows r of block k; sum.wgsl adds blocks
//
// Tensors are rows (pixels) of channels, each with its own stride and offset; b and parts are dense.
// One thread per number of y or parts, neighbours on neighbouring channels: a number is one channel or, where
// channels, strides and offsets all divide by 4, a vector of 4; then these count vectors.

alias number = f32;

override WG: u32 = 256;

struct Params {
  rows: u32,
  channels: u32,
  blocks: u32,     // backward_bias only
  block_rows: u32, // rows of a block; the last one may be shorter
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,   // y, or dy in backward_bias
  y_offset: u32,
  b_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

// ---- forward ----
@group(0) @binding(2) var<storage, read> x: array<number>;
@group(0) @binding(3) var<storage, read> b: array<number>;
@group(0) @binding(4) var<storage, read_write> y: array<number>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.rows * p.channels) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x[p.x_offset + row * p.x_stride + channel];
  y[p.y_offset + row * p.y_stride + channel] = v + b[p.b_offset + channel];
}

// ---- backward_bias ----
@group(0) @binding(2) var<storage, read> dy: array<number>;
@group(0) @binding(3) var<storage, read_write> parts: array<number>;

@compute @workgroup_size(WG)
fn backward_bias(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.blocks * p.channels) { return; }
  let first = index / p.channels * p.block_rows;
  let length = min(p.block_rows, p.rows - first);
  var at = p.y_offset + first * p.y_stride + index % p.channels;
  var sum = number();
  for (var r = 0u; r < length; r++) {
    sum += dy[at];
    at += p.y_stride;
  }
  parts[index] = sum;
}
