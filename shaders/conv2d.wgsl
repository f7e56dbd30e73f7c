// conv2d.wgsl: 2-D convolution and its two gradients as implicit matrix products.
//
//   forward          y[n,oh,ow,co]  = b[co] + sum over kh,kw,ci of x[n,ih,iw,ci] * w[kh,kw,ci,co]
//   backward_input   dx[n,ih,iw,ci] = sum over kh,kw,co of dy[n,oh,ow,co] * w[kh,kw,ci,co]
//   backward_weight  dw[kh,kw,ci,co] = sum over n,oh,ow of x[n,ih,iw,ci] * dy[n,oh,ow,co], in partial sums
//   and, if BIAS, one row more: db[co] = sum over n,oh,ow of dy[n,oh,ow,co]
//   where ih = oh * STRIDE_H - PAD_TOP + kh and iw = ow * STRIDE_W - PAD_LEFT + kw lie inside the plane
//
// Activations are rows (pixels) of channels, weights are kh*kw taps of tap_rows rows (input channels) of output
// channels. A number is one channel or, where channels, strides and offsets all divide by 4, a vector of 4; then these
// count vectors. One thread computes a register tile: TM rows by TN numbers; nothing is divided or range-checked in the
// innermost loop.

alias number = vec4f;
const LANES = 4u; // channels of a number
const LANE = vec4f(0.0, 1.0, 2.0, 3.0); // which of them each is

override KERNEL_H: u32 = 3;
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 1;
override STRIDE_W: u32 = 1;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override PADDED: bool = true; // false where every tap of every row lies inside the plane
override BIAS: bool = false; // forward: y gets b too; backward_weight: db is wanted too
override RELU: bool = false;
override REST: bool = false; // forward: output channels from rest_first on go to rest
override ADD: bool = false;  // backward_input: dx gets add too,
override MASK: bool = false; // then is 0 where mask is not above 0: the gradient of ReLU

const TM = 8; // rows of a tile
const TN = 2; // numbers of output channels of a tile
const TC = 2; // numbers of input channels of a tile of weights
const WG = 64;

struct Params {
  rows: u32,         // pixels of y (forward) or x (backward_input), lines of y (backward_weight), all images
  split_lines: u32,  // lines that one split sums
  split_stride: u32, // from one split's partial sums to the next
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  ci: u32,           // input channels, in numbers
  co: u32,           // output channels, in numbers
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  b_offset: u32,
  tap_rows: u32,     // rows of w from one tap to the next
  rest_first: u32,   // first output channel that goes to rest
  rest_stride: u32,
  rest_offset: u32,
  add_stride: u32,
  add_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
  bias_offset: u32,  // backward_weight: from a split's first number to db
}

@group(0) @binding(0) var<uniform> p: Params;

fn flat_thread(group: vec3u, groups: vec3u, lane: u32) -> u32 {
  return (group.z * groups.x + group.x) * WG + lane;
}

// ---- forward ----
@group(0) @binding(2) var<storage, read> x: array<number>;
@group(0) @binding(3) var<storage, read> w: array<number>;
@group(0) @binding(4) var<storage, read> b: array<number>;
@group(0) @binding(5) var<storage, read_write> y: array<number>;
@group(0) @binding(9) var<storage, read_write> rest: array<number>;

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let thread = flat_thread(group, groups, lane);
  let column_tiles = (p.co + TN - 1u) / TN;
  let first_row = thread / column_tiles * TM;
  let first_column = thread % column_tiles * TN;
  if (first_row >= p.rows) { return; }

  var column: array<u32, TN>; // the last tile repeats the last column, so that loads need no test
  // @unroll
  for (var j = 0u; j < TN; j++) { column[j] = min(first_column + j, p.co - 1u); }

  var plane: array<u32, TM>; // index of the image's first row in x
  var top: array<u32, TM>; // wraps below zero: one unsigned comparison then tests both ends
  var left: array<u32, TM>;
  // @unroll
  for (var i = 0u; i < TM; i++) {
    let row = min(first_row + i, p.rows - 1u);
    let line = row / p.y_w;
    plane[i] = line / p.y_h * p.x_h;
    top[i] = line % p.y_h * STRIDE_H - PAD_TOP;
    left[i] = row % p.y_w * STRIDE_W - PAD_LEFT;
  }

  var sum: array<number, TM * TN>;
  for (var kh = 0u; kh < KERNEL_H; kh++) {
    for (var kw = 0u; kw < KERNEL_W; kw++) {
      var source: array<u32, TM>;
      var inside: array<bool, TM>;
      // @unroll
      for (var i = 0u; i < TM; i++) {
        let ih = top[i] + kh;
        let iw = left[i] + kw;
        inside[i] = !PADDED | ((ih < p.x_h) & (iw < p.x_w));
        source[i] = select(0u, ((plane[i] + ih) * p.x_w + iw) * p.x_stride, inside[i]) + p.x_offset;
      }
      var w_row = (kh * KERNEL_W + kw) * p.tap_rows * p.w_stride + p.w_offset;
      for (var c = 0u; c < p.ci; c++) {
        var wv: array<number, LANES * TN>;
        // @unroll
        for (var q = 0u; q < LANES; q++) {
          // @unroll
          for (var j = 0u; j < TN; j++) { wv[q * TN + j] = w[w_row + q * p.w_stride + column[j]]; }
        }
        // @unroll
        for (var i = 0u; i < TM; i++) {
          let xv = vec4f(select(number(), x[source[i] + c], inside[i]));
          // @unroll
          for (var j = 0u; j < TN; j++) {
            // @unroll
            for (var q = 0u; q < LANES; q++) { // the last channel first
              sum[i * TN + j] = fma(number(xv[LANES - 1u - q]), wv[(LANES - 1u - q) * TN + j], sum[i * TN + j]);
            }
          }
        }
        w_row += LANES * p.w_stride;
      }
    }
  }

  // @unroll
  for (var j = 0u; j < TN; j++) {
    if (first_column + j < p.co) {
      var bias = number();
      if (BIAS) { bias = b[p.b_offset + column[j]]; }
      let to_rest = REST & (column[j] >= p.rest_first);
      // @unroll
      for (var i = 0u; i < TM; i++) {
        if (first_row + i < p.rows) {
          var v = sum[i * TN + j] + bias;
          if (RELU) { v = select(v, number(), v < number()); }
          if (to_rest) {
            rest[(first_row + i) * p.rest_stride + p.rest_offset + column[j] - p.rest_first] = v;
          } else {
            y[(first_row + i) * p.y_stride + p.y_offset + column[j]] = v;
          }
        }
      }
    }
  }
}

// ---- backward_input: a tile is TM pixels of dx by TN numbers of input channels ----
@group(0) @binding(6) var<storage, read> dy: array<number>;
@group(0) @binding(7) var<storage, read_write> dx: array<number>;
@group(0) @binding(9) var<storage, read> add: array<number>;
@group(0) @binding(10) var<storage, read> mask: array<number>;

@compute @workgroup_size(WG)
fn backward_input(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_index) lane: u32) {
  let thread = flat_thread(group, groups, lane);
  let column_tiles = (p.ci + TN - 1u) / TN;
  let first_row = thread / column_tiles * TM;
  let first_column = thread % column_tiles * TN;
  if (first_row >= p.rows) { return; }

  var w_row: array<u32, LANES * TN>; // rows of w: input channels of this tile
  // @unroll
  for (var j = 0u; j < LANES * TN; j++) {
    w_row[j] = min(first_column * LANES + j, p.ci * LANES - 1u) * p.w_stride + p.w_offset;
  }

  var plane: array<u32, TM>; // index of the image's first line in dy
  var bottom: array<u32, TM>;
  var right: array<u32, TM>;
  // @unroll
  for (var i = 0u; i < TM; i++) {
    let row = min(first_row + i, p.rows - 1u);
    let line = row / p.x_w;
    plane[i] = line / p.x_h * p.y_h;
    bottom[i] = line % p.x_h + PAD_TOP;
    right[i] = row % p.x_w + PAD_LEFT;
  }

  var sum: array<number, TM * TN>;
  for (var kh = 0u; kh < KERNEL_H; kh++) {
    for (var kw = 0u; kw < KERNEL_W; kw++) {
      var source: array<u32, TM>;
      var inside: array<bool, TM>;
      // @unroll
      for (var i = 0u; i < TM; i++) {
        // Distances to the first output row and column, in input pixels; they wrap below zero.
        let down = bottom[i] - kh;
        let across = right[i] - kw;
        let oh = down / STRIDE_H;
        let ow = across / STRIDE_W;
        inside[i] = !PADDED | ((oh < p.y_h) & (ow < p.y_w) & (oh * STRIDE_H == down) & (ow * STRIDE_W == across));
        source[i] = select(0u, ((plane[i] + oh) * p.y_w + ow) * p.y_stride, inside[i]) + p.y_offset;
      }
      let tap = (kh * KERNEL_W + kw) * p.tap_rows * p.w_stride;
      for (var c = 0u; c < p.co; c++) {
        // Rows of w, transposed: wv[LANES * j + q] holds output channel q of the input channels of number j.
        var wv: array<number, LANES * TN>;
        // @unroll
        for (var j = 0u; j < TN; j++) {
          // @unroll
          for (var k = 0u; k < LANES; k++) {
            let row = vec4f(w[tap + w_row[LANES * j + k] + c]);
            // @unroll
            for (var q = 0u; q < LANES; q++) {
              wv[LANES * j + q] = select(wv[LANES * j + q], number(row[q]), LANE == number(f32(k)));
            }
          }
        }
        // @unroll
        for (var i = 0u; i < TM; i++) {
          let v = vec4f(select(number(), dy[source[i] + c], inside[i]));
          // @unroll
          for (var j = 0u; j < TN; j++) {
            // @unroll
            for (var q = 0u; q < LANES; q++) {
              sum[i * TN + j] = fma(number(v[LANES - 1u - q]), wv[LANES * j + LANES - 1u - q], sum[i * TN + j]);
            }
          }
        }
      }
    }
  }

  // @unroll
  for (var i = 0u; i < TM; i++) {
    // @unroll
    for (var j = 0u; j < TN; j++) {
      if ((first_row + i < p.rows) & (first_column + j < p.ci)) {
        var v = sum[i * TN + j];
        if (ADD) { v += add[(first_row + i) * p.add_stride + p.add_offset + first_column + j]; }
        // A NaN in the mask lets the gradient through, as PyTorch does.
        if (MASK) {
          v = select(v, number(), mask[(first_row + i) * p.mask_stride + p.mask_offset + first_column + j] <= number());
        }
        dx[(first_row + i) * p.x_stride + p.x_offset + first_column + j] = v;
      }
    }
  }
}

// ---- backward_weight: a tile is TC numbers of input channels of one tap by TN of output channels ----
@group(0) @binding(8) var<storage, read_write> dw: array<number>; // or partial sums of it, a slice per split

fn bias_gradient(split: u32, first_column: u32) {
  var column: array<u32, TN>;
  // @unroll
  for (var j = 0u; j < TN; j++) { column[j] = min(first_column + j, p.co - 1u) + p.y_offset; }
  let first_row = split * p.split_lines * p.y_w;
  let end_row = min((split + 1u) * p.split_lines, p.rows) * p.y_w;
  var sum: array<number, TN>;
  for (var row = first_row; row < end_row; row++) {
    // @unroll
    for (var j = 0u; j < TN; j++) { sum[j] += dy[row * p.y_stride + column[j]]; }
  }
  let first = split * p.split_stride + p.bias_offset + p.w_offset + first_column;
  // @unroll
  for (var j = 0u; j < TN; j++) {
    if (first_column + j < p.co) { dw[first + j] = sum[j]; }
  }
}

@compute @workgroup_size(WG)
fn backward_weight(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let thread = flat_thread(group, groups, lane);
  let column_tiles = (p.co + TN - 1u) / TN;
  let channel_tiles = (p.ci + TC - 1u) / TC;
  let first_column = thread % column_tiles * TN;
  let first_channel = thread / column_tiles % channel_tiles * TC;
  let tap = thread / (column_tiles * channel_tiles);
  if (tap >= KERNEL_H * KERNEL_W) {
    // Threads beyond the last tap sum up dy.
    if (BIAS & (tap == KERNEL_H * KERNEL_W) & (first_channel == 0u)) { bias_gradient(group.y, first_column); }
    return;
  }
  let kh = tap / KERNEL_W;
  let kw = tap % KERNEL_W;

  var column: array<u32, TN>;
  // @unroll
  for (var j = 0u; j < TN; j++) { column[j] = min(first_column + j, p.co - 1u) + p.y_offset; }
  var channel: array<u32, TC>;
  // @unroll
  for (var i = 0u; i < TC; i++) { channel[i] = min(first_channel + i, p.ci - 1u) + p.x_offset; }

  // Output columns whose input column kw lies inside the plane: first_ow <= ow < end_ow.
  let first_ow = (max(PAD_LEFT, kw) - kw + STRIDE_W - 1u) / STRIDE_W;
  let end_ow = min(p.y_w, (max(p.x_w + PAD_LEFT, kw) - kw + STRIDE_W - 1u) / STRIDE_W);

  var sum: array<number, TC * LANES * TN>;
  let first_line = group.y * p.split_lines;
  let end_line = min(first_line + p.split_lines, p.rows);
  for (var line = first_line; line < end_line; line++) {
    let ih = line % p.y_h * STRIDE_H + kh - PAD_TOP; // wraps below zero
    if (ih >= p.x_h) { continue; }
    let x_line = (line / p.y_h * p.x_h + ih) * p.x_w;
    // An index below zero wraps and wraps back: the sum is right.
    var x_at = (x_line + first_ow * STRIDE_W + kw - PAD_LEFT) * p.x_stride;
    var y_at = (line * p.y_w + first_ow) * p.y_stride;
    for (var ow = first_ow; ow < end_ow; ow++) {
      var dv: array<number, TN>;
      // @unroll
      for (var j = 0u; j < TN; j++) { dv[j] = dy[y_at + column[j]]; }
      // @unroll
      for (var i = 0u; i < TC; i++) {
        let xv = vec4f(x[x_at + channel[i]]);
        // @unroll
        for (var q = 0u; q < LANES; q++) {
          // @unroll
          for (var j = 0u; j < TN; j++) {
            sum[(i * LANES + q) * TN + j] = fma(number(xv[q]), dv[j], sum[(i * LANES + q) * TN + j]);
          }
        }
      }
      x_at += STRIDE_W * p.x_stride;
      y_at += p.y_stride;
    }
  }

  let first = group.y * p.split_stride + tap * p.tap_rows * p.w_stride + p.w_offset;
  // @unroll
  for (var i = 0u; i < TC; i++) {
    // @unroll
    for (var q = 0u; q < LANES; q++) {
      // @unroll
      for (var j = 0u; j < TN; j++) {
        if (first_channel + i < p.ci && first_column + j < p.co) {
          dw[first + ((first_channel + i) * LANES + q) * p.w_stride + first_column + j] = sum[(i * LANES + q) * TN + j];
        }
      }
    }
  }
}
