// add.wgsl: the sum of two tensors of one shape; joins gradients where a value is used more than once.
//
//   forward   y[r,c] = x0[r,c] + x1[r,c], masked
//
// Tensors are rows (pixels) of channels, each with its own stride and offset. One thread per number of y: a number is
// one channel or, where channels, strides and offsets all divide by 4, a vector of 4; then these count vectors.

alias number = f32;

override WG: u32 = 256;
override MASK: bool = false; // y is 0 where mask is not above 0: the gradient of ReLU

struct Params {
  count: u32, // numbers
  channels: u32,
  x0_stride: u32,
  x0_offset: u32,
  x1_stride: u32,
  x1_offset: u32,
  y_stride: u32,
  y_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

// ---- forward ----
@group(0) @binding(2) var<storage, read> x0: array<number>;
@group(0) @binding(3) var<storage, read> x1: array<number>;
@group(0) @binding(4) var<storage, read_write> y: array<number>;
@group(0) @binding(5) var<storage, read> mask: array<number>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  var sum = x0[p.x0_offset + row * p.x0_stride + channel] + x1[p.x1_offset + row * p.x1_stride + channel];
  // A NaN in the mask lets the gradient through, as PyTorch does.
  if (MASK) { sum = select(sum, number(), mask[p.mask_offset + row * p.mask_stride + channel] <= number()); }
  y[p.y_offset + row * p.y_stride + channel] = sum;
}
