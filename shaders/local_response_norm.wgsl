// local_response_norm.wgsl: local response normalisation over neighbouring channels, and its gradient (Krizhevsky,
// Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012, section 3.3).
//
//   base(c)           = k + share * sum of x[r,i]^2 over c - before <= i <= c + after
//   forward   y[r,c]  = x[r,c] * base(c)^-beta
//   backward  dx[r,c] = dy[r,c] * base(c)^-beta
//                       - 2 share beta * x[r,c] * sum of dy[r,i] x[r,i] base(i)^-(beta + 1) over the i whose window has c
//
// Tensors are rows (pixels) of channels, each with its own stride and offset. One thread per number written. Windows end
// at the first and the last channel: what lies beside them belongs to other tensors.

override WG: u32 = 256;

struct Params {
  count: u32,
  channels: u32,
  before: u32, // channels of a window before its own, and after it
  after: u32,
  share: f32, // alpha / size
  beta: f32,
  k: f32,
  x_stride: u32,
  x_offset: u32,
  y_stride: u32, // of y, backward of dy
  y_offset: u32,
  dx_stride: u32, // backward only
  dx_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;

/// `row` is where the pixel's first channel lies.
fn base(row: u32, channel: u32) -> f32 {
  let end = min(channel + p.after + 1u, p.channels);
  var sum = 0.0;
  for (var i = max(channel, p.before) - p.before; i < end; i++) { sum += x[row + i] * x[row + i]; }
  return p.k + p.share * sum;
}

/// v^-beta. The base is above 0; pow may lose a NaN, and an infinity.
fn power(v: f32) -> f32 {
  return select(1.0 / v, pow(v, -p.beta), v < 3.4e38);
}

// ---- forward ----
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let pixel = p.x_offset + row * p.x_stride;
  y[p.y_offset + row * p.y_stride + channel] = x[pixel + channel] * power(base(pixel, channel));
}

// ---- backward ----
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let pixel = p.x_offset + row * p.x_stride;
  let above = p.y_offset + row * p.y_stride;
  // Channel i's window has this one where this one's, mirrored, has i.
  let end = min(channel + p.before + 1u, p.channels);
  var own = 0.0;
  var sum = 0.0;
  for (var i = max(channel, p.after) - p.after; i < end; i++) {
    let v = base(pixel, i);
    let factor = power(v);
    if (i == channel) { own = dy[above + i] * factor; }
    sum += dy[above + i] * x[pixel + i] * factor / v;
  }
  dx[p.dx_offset + row * p.dx_stride + channel] = own - 2.0 * p.share * p.beta * x[pixel + channel] * sum;
}
