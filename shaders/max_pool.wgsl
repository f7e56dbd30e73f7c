// max_pool.wgsl: 2-D max pooling and its gradient.
//
//   forward        y[n,i,j,c]  = max over r,s of x[n, i*STRIDE_H-PAD_TOP+r, j*STRIDE_W-PAD_LEFT+s, c]
//                  argmax      = h * x_w + w of that maximum in x's plane; the first one wins, of NaNs the last, padding never
//   forward_only   y alone
//   backward       dx[n,h,w,c] = sum of dy over the windows whose argmax is (h, w), plus add, masked
//
// Tensors are rows (pixels) of channels, each with its own stride and offset. One thread per number written: backward
// gathers. A number is one channel or, where channels, strides and offsets all divide by 4, a vector of 4; then these
// count vectors. Numbers are compared as integers, so that a NaN wins, as in PyTorch, on every adapter.

alias number = f32;
alias word = u32;
alias integer = i32;

override KERNEL_H: u32 = 3;
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 2;
override STRIDE_W: u32 = 2;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override WG: u32 = 256;
// backward only
override ADD: bool = false;  // dx gets add too
override MASK: bool = false; // then dx is 0 where mask is not above 0: the gradient of ReLU

struct Params {
  count: u32, // numbers of y, or of dx in backward
  channels: u32,
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  x_stride: u32, // x, or dx in backward
  x_offset: u32,
  y_stride: u32, // y, or dy in backward
  y_offset: u32,
  argmax_stride: u32,
  argmax_offset: u32,
  add_stride: u32, // backward only
  add_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

// ---- forward, forward_only ----
@group(0) @binding(2) var<storage, read> x: array<word>; // bits of f32
@group(0) @binding(3) var<storage, read_write> y: array<word>;
@group(0) @binding(4) var<storage, read_write> argmax: array<word>;

struct Maximum {
  bits: word,
  position: word,
}

// An integer in the order of the numbers: both zeros equal, any NaN above infinity.
fn order(bits: word) -> integer {
  let magnitude = bits & word(0x7fffffffu);
  let signed = select(integer(magnitude), -integer(magnitude), bits > word(0x7fffffffu));
  return select(signed, integer(0x7fffffff), magnitude > word(0x7f800000u));
}

fn maximum(row: u32, channel: u32) -> Maximum {
  let line = row / p.y_w;
  let image_row = line / p.y_h * p.x_h * p.x_w;
  // The window's corner; the window is clipped here, so that the loops need no bounds test.
  let h = i32(line % p.y_h * STRIDE_H) - i32(PAD_TOP);
  let w = i32(row % p.y_w * STRIDE_W) - i32(PAD_LEFT);
  let h_end = u32(min(h + i32(KERNEL_H), i32(p.x_h)));
  let w_end = u32(min(w + i32(KERNEL_W), i32(p.x_w)));
  var best = integer(-0x7fffffff); // below minus infinity
  var found = Maximum();
  for (var i = u32(max(h, 0)); i < h_end; i++) {
    for (var j = u32(max(w, 0)); j < w_end; j++) {
      let position = i * p.x_w + j;
      let bits = x[p.x_offset + (image_row + position) * p.x_stride + channel];
      let rank = order(bits);
      let better = rank > best;
      best = select(best, min(rank, integer(0x7ffffffe)), better); // below any NaN
      found.bits = select(found.bits, bits, better);
      found.position = select(found.position, word(position), better);
    }
  }
  return found;
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let found = maximum(row, channel);
  y[p.y_offset + row * p.y_stride + channel] = found.bits;
  argmax[p.argmax_offset + row * p.argmax_stride + channel] = found.position;
}

@compute @workgroup_size(WG)
fn forward_only(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  y[p.y_offset + row * p.y_stride + channel] = maximum(row, channel).bits;
}

// ---- backward ----
@group(0) @binding(2) var<storage, read> dy: array<number>;
@group(0) @binding(3) var<storage, read> argmax_saved: array<word>;
@group(0) @binding(4) var<storage, read_write> dx: array<number>;
@group(0) @binding(5) var<storage, read> add: array<number>;
@group(0) @binding(6) var<storage, read> mask: array<number>;

// First window along one axis that covers a place; `place` counts from the edge of the padding.
fn first_window(place: u32, kernel: u32, stride: u32) -> u32 {
  return select((place - kernel) / stride + 1u, 0u, place < kernel);
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let line = row / p.x_w;
  let h = line % p.x_h;
  let w = row % p.x_w;
  let position = h * p.x_w + w;
  let image_row = line / p.x_h * p.y_h * p.y_w;
  let i_end = min((h + PAD_TOP) / STRIDE_H + 1u, p.y_h);
  let j_end = min((w + PAD_LEFT) / STRIDE_W + 1u, p.y_w);
  var sum = number();
  for (var i = first_window(h + PAD_TOP, KERNEL_H, STRIDE_H); i < i_end; i++) {
    for (var j = first_window(w + PAD_LEFT, KERNEL_W, STRIDE_W); j < j_end; j++) {
      let y_row = image_row + i * p.y_w + j;
      let won = argmax_saved[p.argmax_offset + y_row * p.argmax_stride + channel] == word(position);
      sum += select(number(), dy[p.y_offset + y_row * p.y_stride + channel], won);
    }
  }
  if (ADD) { sum += add[p.add_offset + row * p.add_stride + channel]; }
  // A NaN in the mask lets the gradient through, as PyTorch does.
  if (MASK) { sum = select(sum, number(), mask[p.mask_offset + row * p.mask_stride + channel] <= number()); }
  dx[p.x_offset + row * p.x_stride + channel] = sum;
}
