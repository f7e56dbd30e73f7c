// relu.wgsl: the rectifier and its gradient.
//
//   forward    y[r,c]  = max(x[r,c], 0), but NaN where x is NaN
//   backward   dx[r,c] = dy[r,c] where y[r,c] > 0, else 0
//
// Tensors are rows (pixels) of channels, each with its own stride and offset. One thread per number written: a number
// is one channel or, where channels, strides and offsets all divide by 4, a vector of 4; then these count vectors.

alias number = f32;

override WG: u32 = 256;

struct Params {
  count: u32, // numbers
  channels: u32,
  x_stride: u32, // x, or dx in backward
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  dy_stride: u32, // backward only
  dy_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

// ---- forward ----
@group(0) @binding(2) var<storage, read> x: array<number>;
@group(0) @binding(3) var<storage, read_write> y: array<number>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x[p.x_offset + row * p.x_stride + channel];
  // Not max(v, 0.0), which may turn a NaN into 0 and so hide it.
  y[p.y_offset + row * p.y_stride + channel] = select(v, number(), v < number());
}

// ---- backward ----
@group(0) @binding(2) var<storage, read> y_saved: array<number>;
@group(0) @binding(3) var<storage, read> dy: array<number>;
@group(0) @binding(4) var<storage, read_write> dx: array<number>;

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = y_saved[p.y_offset + row * p.y_stride + channel];
  let d = dy[p.dy_offset + row * p.dy_stride + channel];
  // Written this way round so that a NaN in y lets the gradient through, as PyTorch does.
  dx[p.x_offset + row * p.x_stride + channel] = select(d, number(), v <= number());
}
