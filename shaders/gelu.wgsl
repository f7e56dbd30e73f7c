// gelu.wgsl: GELU in its tanh form, forward and backward (Hendrycks and Gimpel, "Gaussian error linear units", 2016).
//
//   forward:   y = x / 2 * (1 + tanh(u)) = x * s
//   backward:  dx = dy * (s + x * s * (1 - s) * du)
//   with       u = sqrt(2 / pi) * (x + 0.044715 * x^3), s = 1 / (1 + exp(-2 u)), du = 2 * derivative of u
//
// exp instead of tanh, which WGSL lets overflow. Tensors are rows (pixels) of channels, each with its own stride and
// offset. One thread per number written: a number is one channel or, where channels, strides and offsets all divide by 4,
// a vector of 4; then these count vectors.

alias number = f32;

override WG: u32 = 256;

struct Params {
  count: u32,
  channels: u32,
  x_stride: u32,
  x_offset: u32,
  y_stride: u32, // of y, backward of dy
  y_offset: u32,
  dx_stride: u32, // backward only
  dx_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

const SCALE = 0.7978845608028654;
const CUBIC = 0.044715;

/// 1 / (1 + exp(-2 u)), which is (1 + tanh(u)) / 2.
fn share(x: number) -> number {
  let u = SCALE * x * (1.0 + CUBIC * x * x);
  return 1.0 / (1.0 + exp(-2.0 * u));
}

// ---- forward ----
@group(0) @binding(1) var<storage, read> x: array<number>;
@group(0) @binding(2) var<storage, read_write> y: array<number>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x[p.x_offset + row * p.x_stride + channel];
  y[p.y_offset + row * p.y_stride + channel] = v * share(v);
}

// ---- backward ----
@group(0) @binding(3) var<storage, read> dy: array<number>;
@group(0) @binding(4) var<storage, read_write> dx: array<number>;

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x[p.x_offset + row * p.x_stride + channel];
  let s = share(v);
  let du = 2.0 * SCALE * (1.0 + 3.0 * CUBIC * v * v);
  let d = dy[p.y_offset + row * p.y_stride + channel];
  dx[p.dx_offset + row * p.dx_stride + channel] = d * (s + v * s * (1.0 - s) * du);
}
