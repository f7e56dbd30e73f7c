// running_mean.wgsl: how a mean of each channel goes on with a batch; an op of the tests' own.
//
//   forward   y[c] = m[c] + momentum * (share * sum over rows r of x[r,c] - m[c])        share: 1 / rows
//
// One thread per channel, which adds its rows in order.

override WG: u32 = 256;

struct Params {
  rows: u32,
  channels: u32,
  x_stride: u32,
  x_offset: u32,
  m_offset: u32,
  y_offset: u32,
  momentum: f32,
  share: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= p.channels) { return; }
  var sum = 0.0;
  for (var r = 0u; r < p.rows; r++) { sum += x[p.x_offset + r * p.x_stride + c]; }
  let mean = m[p.m_offset + c];
  y[p.y_offset + c] = mean + p.momentum * (p.share * sum - mean);
}
