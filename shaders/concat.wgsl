// concat.wgsl: copies rows of channels, where the layout could not let two tensors share one place.
//
//   forward   y[r,c] = x[r,c]
//
// concat runs it once per input, y_offset at that input's first channel; slice once, x_offset likewise.
// One thread per number copied: a number is one channel or, where channels, strides and offsets all divide by 4, a
// vector of 4; then these count vectors.

alias number = f32;

override WG: u32 = 256;

struct Params {
  count: u32,    // numbers copied
  channels: u32, // channels copied of a row
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
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
  y[p.y_offset + row * p.y_stride + channel] = x[p.x_offset + row * p.x_stride + channel];
}
