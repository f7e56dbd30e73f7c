// conv2d_tile.wgsl: 2-D convolution as an implicit matrix product in tiles of workgroup memory, for GPUs.
//
//   forward   y[n,oh,ow,co] = b[co] + sum over kh,kw,ci of x[n,ih,iw,ci] * w[kh,kw,ci,co], then ReLU
//   where ih = oh * STRIDE_H - PAD_TOP + kh and iw = ow * STRIDE_W - PAD_LEFT + kw lie inside the plane
//
// Layout and units are those of conv2d.wgsl: rows (pixels) of channels, in vectors of 4. A workgroup computes
// LY * TM rows by LX * TN vectors of columns, a thread TM rows by TN vectors. Sums run over taps, then over blocks of
// K vectors of input channels: all threads stage a block of x and of w, then multiply. Rows are taken apart into
// image, line and column once; a tap tests once whether a row lies inside the plane; a block only adds.

override KERNEL_H: u32 = 3;
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 1;
override STRIDE_W: u32 = 1;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override PADDED: bool = true; // false where rows of x and y correspond one to one
override BIAS: bool = false;
override RELU: bool = false;
override REST: bool = false; // columns from p.rest_first on go to another tensor
override FLAT: bool = false; // x has one vector of channels: a block is a line of the kernel, and KERNEL_W is 1
override PRODUCTS: bool = false; // the grid's z counts products of matrices, each with tensors of its own

const TM = 8;   // rows of a thread
const TN = 2;   // vectors of columns of a thread
const LX = 16;  // threads along the columns
const LY = 16;  // threads along the rows
const WG = 256; // LX * LY
const K = 2;    // vectors of input channels of a block: XL * XS
const Q = 4;    // channels of a vector that are not padding
// Staging x: XL threads share a row, each takes XS of its vectors, of XR rows (LY * TM * XL / WG, rounded up).
const XL = 2;
const XS = 1;
const XR = 1;
const ASIDE = 256; // WG where some rows may not be staged, else 0
const WR = 1;   // vectors of w that a thread stages (K * Q * LX * TN / WG, rounded up)

struct Params {
  rows: u32,     // pixels of y, all images
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  blocks: u32,   // of K vectors of input channels
  co: u32,       // output channels, in vectors
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  b_offset: u32,
  rest_first: u32,
  rest_stride: u32,
  rest_offset: u32,
  x_product: u32, // from one product to the next
  w_product: u32,
  y_product: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> w: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> rest: array<vec4f>;

// [k / XL][row][k % XL]; after the rows, places for what nobody reads.
var<workgroup> x_tile: array<vec4f, XS * (LY * TM * XL + ASIDE)>;
var<workgroup> w_tile: array<vec4f, K * Q * LX * TN>;   // [k * Q + q][column]

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let product = select(0u, group.z, PRODUCTS);
  let first_row = (select(group.z, 0u, PRODUCTS) * groups.y + group.y) * (LY * TM);
  let first_column = group.x * (LX * TN);
  let across = lane % LX;
  let down = lane / LX;

  // What this thread stages: where its rows lie in x, and its vectors of w.
  var plane: array<u32, XR>; // index of the image's first line
  var top: array<u32, XR>;   // wraps below zero: one unsigned comparison then tests both ends
  var left: array<u32, XR>;
  // @unroll
  for (var r = 0u; r < XR; r++) {
    let row = min(first_row + (lane + r * WG) / XL, p.rows - 1u);
    plane[r] = row; // where rows correspond, that is all
    if (PADDED) {
      let line = row / p.y_w;
      plane[r] = line / p.y_h * p.x_h;
      top[r] = line % p.y_h * STRIDE_H - PAD_TOP;
      left[r] = row % p.y_w * STRIDE_W - PAD_LEFT;
    }
  }
  var w_at: array<u32, WR>;
  // @unroll
  for (var r = 0u; r < WR; r++) {
    let k = (lane + r * WG) / (LX * TN);
    let column = min(first_column + (lane + r * WG) % (LX * TN), p.co - 1u);
    w_at[r] = (k / Q * 4u + k % Q) * p.w_stride + p.w_offset + product * p.w_product + column;
  }
  var w_block = 0u;

  var sum: array<vec4f, TM * TN>;
  // @unroll
  for (var j = 0u; j < TN; j++) {
    var start = vec4f();
    if (BIAS) { start = b[p.b_offset + min(first_column + across + j * LX, p.co - 1u)]; }
    // @unroll
    for (var i = 0u; i < TM; i++) { sum[i * TN + j] = start; }
  }

  for (var kh = 0u; kh < KERNEL_H; kh++) {
    let first_at = p.x_offset + product * p.x_product + lane % XL;
    var line_at: array<u32, XR>; // where the line's first tap lies in x, whether inside or not
    // @unroll
    for (var r = 0u; r < XR; r++) {
      line_at[r] = plane[r] * p.x_stride + first_at;
      if (PADDED) {
        line_at[r] = ((plane[r] + top[r] + kh) * p.x_w + left[r]) * p.x_stride + first_at;
      }
    }
    for (var kw = 0u; kw < KERNEL_W; kw++) {
      var x_at: array<u32, XR>;
      var x_to: array<u32, XR>; // where it goes in the tile
      // @unroll
      for (var r = 0u; r < XR; r++) {
        x_at[r] = line_at[r] + kw * p.x_stride;
        // Rows in the padding are zeroed once for the tap, and what is read for them goes aside.
        let staged = lane + r * WG < LY * TM * XL;
        let inside = !PADDED | FLAT | ((top[r] + kh < p.x_h) & (left[r] + kw < p.x_w));
        x_to[r] = select(LY * TM * XL, r * WG, ASIDE == 0 || (staged & inside)) + lane;
        if (staged & !inside) {
          // @unroll
          for (var s = 0u; s < XS; s++) { x_tile[s * (LY * TM * XL + ASIDE) + lane + r * WG] = vec4f(); }
        }
      }
      for (var c = 0u; c < p.blocks; c++) {
        // @unroll
        for (var r = 0u; r < WR; r++) {
          let v = w[w_at[r] + w_block];
          if (lane + r * WG < K * Q * LX * TN) { w_tile[lane + r * WG] = v; }
        }
        w_block += 4u * K * p.w_stride; // taps follow each other
        if (FLAT) { workgroupBarrier(); } // or else the compiler holds all of w and x in registers at once
        // @unroll
        for (var r = 0u; r < XR; r++) {
          // As it is, but the compiler must see it.
          let to = min(x_to[r], LY * TM * XL + ASIDE - 1u);
          if (!FLAT | (lane + r * WG < LY * TM * XL)) {
            // @unroll
            for (var s = 0u; s < XS; s++) {
              var v = x[x_at[r] + c * K + s * select(XL, p.x_stride, FLAT)];
              if (FLAT) { v = select(vec4f(), v, (top[r] + kh < p.x_h) & (left[r] + s < p.x_w)); }
              x_tile[s * (LY * TM * XL + ASIDE) + to] = v;
            }
          }
        }
        workgroupBarrier();
        // @unroll
        for (var k = 0u; k < K; k++) {
          var wv: array<vec4f, Q * TN>;
          // @unroll
          for (var q = 0u; q < Q; q++) {
            // @unroll
            for (var j = 0u; j < TN; j++) { wv[q * TN + j] = w_tile[(k * Q + q) * (LX * TN) + across + j * LX]; }
          }
          // @unroll
          for (var i = 0u; i < TM; i++) {
            let xv = x_tile[k / XL * (LY * TM * XL + ASIDE) + (down + i * LY) * XL + k % XL];
            // @unroll
            for (var q = 0u; q < Q; q++) {
              // @unroll
              for (var j = 0u; j < TN; j++) { sum[i * TN + j] = fma(vec4f(xv[q]), wv[q * TN + j], sum[i * TN + j]); }
            }
          }
        }
        workgroupBarrier();
      }
    }
  }

  // @unroll
  for (var i = 0u; i < TM; i++) {
    let row = first_row + down + i * LY;
    let y_at = row * p.y_stride + p.y_offset + product * p.y_product;
    let rest_at = row * p.rest_stride + p.rest_offset - p.rest_first;
    // @unroll
    for (var j = 0u; j < TN; j++) {
      let column = first_column + across + j * LX;
      var v = sum[i * TN + j];
      if (RELU) { v = select(v, vec4f(), v < vec4f()); }
      if ((row < p.rows) & (column < p.co)) {
        if (REST && column >= p.rest_first) { rest[rest_at + column] = v; } else { y[y_at + column] = v; }
      }
    }
  }
}
