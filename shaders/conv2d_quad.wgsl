// conv2d_quad.wgsl: convolution forward and back to its input; the 4 lanes of a quad share what they load.
//
//   forward          y[n,oh,ow,co]  = b[co] + sum over kh,kw,ci of x[n,ih,iw,ci] * w[kh,kw,ci,co], then ReLU
//   backward_input   dx[n,ih,iw,ci] = sum over kh,kw,co of dy[n,oh,ow,co] * w[kh,kw,ci,co], then + add, then mask
//   where ih = oh * STRIDE_H - PAD_TOP + kh and iw = ow * STRIDE_W - PAD_LEFT + kw; backward_input: stride 1 only
//
// Activations are rows (pixels) of channels, weights kh*kw taps of tap_rows rows (input channels) of output channels;
// strides and offsets count vec4f. A quad computes a tile of 4 * TM rows by 4 * TN vectors: each lane loads 4 channels
// of TM rows, and the weights of its own TN vectors; the rows then go round the quad by swaps. So one load of a
// vector serves 4 * TN * 4 or TM * 4 * 4 multiply-adds, with no workgroup memory and no barrier. Made for adapters
// where a load costs as much as 20 multiply-adds (CPUs). Products are written as matrix by vector because such
// adapters then keep the sum of 4 products in a register; swaps are faster there than broadcasts (measured).

enable subgroups;

override WG: u32 = 4; // a multiple of 4
override KERNEL_H: u32 = 3;
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 1;
override STRIDE_W: u32 = 1;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override FLAT: bool = false; // one vector of input channels: the innermost loop goes over columns of the kernel
override BIAS: bool = false;
override RELU: bool = false;
override REST: bool = false; // columns from rest_first on go to rest
override ADD: bool = false;
override MASK: bool = false;

const TM = 4;
const TN = 2;

struct Params {
  column_tiles: u32,
  rows: u32,     // pixels of y (forward) or x (backward_input), all images
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  ci: u32,       // input channels, in vectors
  co: u32,       // output channels, in vectors
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  b_offset: u32,
  tap_rows: u32, // rows of w from one tap to the next
  rest_first: u32,
  rest_stride: u32,
  rest_offset: u32,
  add_stride: u32,
  add_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
  x_product: u32, // from one product of a batch of them, along the grid's z, to the next
  w_product: u32,
  y_product: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

// What the four lanes of the quad hold: at l what lane (own ^ l) holds. So sum number m belongs to row m ^ lane.
fn share(v: vec4f) -> array<vec4f, 4> {
  return array<vec4f, 4>(v, quadSwapX(v), quadSwapY(v), quadSwapDiagonal(v));
}

// ---- forward ----
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> w: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> rest: array<vec4f>;

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) subgroup_lane: u32) {
  let lane = subgroup_lane % 4u;
  let tile = (group.y * groups.x + group.x) * (WG / 4u) + thread / 4u;
  let first_row = tile / p.column_tiles * (4u * TM);
  let first_column = tile % p.column_tiles * (4u * TN) + lane;

  var column: array<u32, TN>; // beyond the last, the last again: loads need no test
  // @unroll
  for (var j = 0u; j < TN; j++) { column[j] = min(first_column + j * 4u, p.co - 1u); }

  var plane: array<u32, TM>; // index of the image's first line in x
  var top: array<u32, TM>; // wraps below zero: one unsigned comparison then tests both ends
  var left: array<u32, TM>;
  // @unroll
  for (var i = 0u; i < TM; i++) {
    let row = min(first_row + i * 4u + lane, p.rows - 1u);
    let line = row / p.y_w;
    plane[i] = line / p.y_h * p.x_h;
    top[i] = line % p.y_h * STRIDE_H - PAD_TOP;
    left[i] = row % p.y_w * STRIDE_W - PAD_LEFT;
  }

  let kernel_columns = select(KERNEL_W, 1u, FLAT);
  let blocks = select(p.ci, KERNEL_W, FLAT);
  let block_stride = select(1u, p.x_stride, FLAT);
  var sum: array<vec4f, 4 * TM * TN>;
  for (var kh = 0u; kh < KERNEL_H; kh++) {
    for (var kw = 0u; kw < kernel_columns; kw++) {
      var source: array<u32, TM>;
      var inside: array<bool, TM>;
      // @unroll
      for (var i = 0u; i < TM; i++) {
        let ih = top[i] + kh;
        let iw = left[i] + kw;
        inside[i] = (ih < p.x_h) & (FLAT | (iw < p.x_w));
        source[i] = select(0u, ((plane[i] + ih) * p.x_w + iw) * p.x_stride, inside[i]) + p.x_offset + group.z * p.x_product;
      }
      var w_row = (kh * KERNEL_W + kw) * p.tap_rows * p.w_stride + p.w_offset + group.z * p.w_product;
      for (var c = 0u; c < blocks; c++) {
        var wm: array<mat4x4f, TN>;
        // @unroll
        for (var j = 0u; j < TN; j++) {
          let at = w_row + column[j];
          wm[j] = mat4x4f(w[at], w[at + p.w_stride], w[at + 2u * p.w_stride], w[at + 3u * p.w_stride]);
        }
        // @unroll
        for (var i = 0u; i < TM; i++) {
          var at = source[i] + c * block_stride;
          var real = inside[i];
          if (FLAT) {
            real = real & (left[i] + c < p.x_w);
            at = select(0u, at, real);
          }
          let xv = share(select(vec4f(), x[at], real));
          // @unroll
          for (var l = 0u; l < 4u; l++) {
            // @unroll
            for (var j = 0u; j < TN; j++) { sum[(i * 4 + l) * TN + j] += wm[j] * xv[l]; }
          }
        }
        w_row += 4u * p.w_stride;
      }
    }
  }

  // @unroll
  for (var j = 0u; j < TN; j++) {
    let inside_columns = first_column + j * 4u < p.co;
    var bias = vec4f();
    if (BIAS) { bias = b[p.b_offset + column[j]]; }
    // @unroll
    for (var m = 0u; m < 4 * TM; m++) {
      let row = first_row + (m ^ lane);
      if (inside_columns & (row < p.rows)) {
        var v = sum[m * TN + j] + bias;
        if (RELU) { v = select(v, vec4f(), v < vec4f()); }
        if (REST & (column[j] >= p.rest_first)) {
          rest[row * p.rest_stride + p.rest_offset + column[j] - p.rest_first] = v;
        } else {
          y[group.z * p.y_product + row * p.y_stride + p.y_offset + column[j]] = v;
        }
      }
    }
  }
}

// ---- backward_input: a tile is 4 * TM pixels of dx by 4 * TN vectors of input channels ----
@group(0) @binding(6) var<storage, read> dy: array<vec4f>;
@group(0) @binding(7) var<storage, read> add: array<vec4f>;
@group(0) @binding(8) var<storage, read> mask: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> dx: array<vec4f>;

@compute @workgroup_size(WG)
fn backward_input(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_index) thread: u32,
                  @builtin(subgroup_invocation_id) subgroup_lane: u32) {
  let lane = subgroup_lane % 4u;
  let tile = (group.y * groups.x + group.x) * (WG / 4u) + thread / 4u;
  let first_row = tile / p.column_tiles * (4u * TM);
  let first_column = tile % p.column_tiles * (4u * TN) + lane;

  var w_row: array<u32, TN>; // the first of the 4 rows of w that belong to a vector of input channels
  // @unroll
  for (var j = 0u; j < TN; j++) {
    w_row[j] = min(first_column + j * 4u, p.ci - 1u) * 4u * p.w_stride + p.w_offset + group.z * p.w_product;
  }

  var plane: array<u32, TM>; // index of the image's first line in dy
  var bottom: array<u32, TM>;
  var right: array<u32, TM>;
  // @unroll
  for (var i = 0u; i < TM; i++) {
    let row = min(first_row + i * 4u + lane, p.rows - 1u);
    let line = row / p.x_w;
    plane[i] = line / p.x_h * p.y_h;
    bottom[i] = line % p.x_h + PAD_TOP;
    right[i] = row % p.x_w + PAD_LEFT;
  }

  var sum: array<vec4f, 4 * TM * TN>;
  for (var kh = 0u; kh < KERNEL_H; kh++) {
    for (var kw = 0u; kw < KERNEL_W; kw++) {
      var source: array<u32, TM>;
      var inside: array<bool, TM>;
      // @unroll
      for (var i = 0u; i < TM; i++) {
        let oh = bottom[i] - kh; // wraps below zero
        let ow = right[i] - kw;
        inside[i] = (oh < p.y_h) & (ow < p.y_w);
        source[i] = select(0u, ((plane[i] + oh) * p.y_w + ow) * p.y_stride, inside[i]) + p.y_offset + group.z * p.y_product;
      }
      let tap = (kh * KERNEL_W + kw) * p.tap_rows * p.w_stride;
      for (var c = 0u; c < p.co; c++) {
        var wm: array<mat4x4f, TN>;
        // @unroll
        for (var j = 0u; j < TN; j++) {
          let at = tap + w_row[j] + c;
          wm[j] = mat4x4f(w[at], w[at + p.w_stride], w[at + 2u * p.w_stride], w[at + 3u * p.w_stride]);
        }
        // @unroll
        for (var i = 0u; i < TM; i++) {
          let v = share(select(vec4f(), dy[source[i] + c], inside[i]));
          // @unroll
          for (var l = 0u; l < 4u; l++) {
            // @unroll
            for (var j = 0u; j < TN; j++) { sum[(i * 4 + l) * TN + j] += v[l] * wm[j]; }
          }
        }
      }
    }
  }

  // @unroll
  for (var j = 0u; j < TN; j++) {
    let column = first_column + j * 4u;
    // @unroll
    for (var m = 0u; m < 4 * TM; m++) {
      let row = first_row + (m ^ lane);
      if ((column < p.ci) & (row < p.rows)) {
        var v = sum[m * TN + j];
        if (ADD) { v += add[row * p.add_stride + p.add_offset + column]; }
        if (MASK) { v = select(v, vec4f(), mask[row * p.mask_stride + p.mask_offset + column] <= vec4f()); }
        dx[group.z * p.x_product + row * p.x_stride + p.x_offset + column] = v;
      }
    }
  }
}
