// SiLU and its gradient, with s = 1 / (1 + exp(-x)): y = x s, dx = dy s (1 + x (1 - s)). One thread per number.
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
@group(0) @binding(1) var<storage, read> x: array<number>;
@group(0) @binding(2) var<storage, read_write> y: array<number>;
@group(0) @binding(3) var<storage, read> dy: array<number>;
@group(0) @binding(4) var<storage, read_write> dx: array<number>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x[p.x_offset + row * p.x_stride + channel];
  y[p.y_offset + row * p.y_stride + channel] = v / (1.0 + exp(-v));
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x[p.x_offset + row * p.x_stride + channel];
  let s = 1.0 / (1.0 + exp(-v));
  let d = dy[p.y_offset + row * p.y_stride + channel];
  dx[p.dx_offset + row * p.dx_stride + channel] = d * s * (1.0 + v * (1.0 - s));
}
