// conv2d_tile_input.wgsl: the input gradient of conv2d_tile.wgsl's convolution, in tiles of workgroup memory, for GPUs.
//
//   backward_input   dx[n,ih,iw,ci] = sum over kh,kw,co of dy[n,oh,ow,co] * w[kh,kw,ci,co], plus add, then masked
//   where ih = oh * STRIDE_H - PAD_TOP + kh and iw = ow * STRIDE_W - PAD_LEFT + kw, for oh and ow inside dy's plane
//
// Layout, units and tiles are those of conv2d_tile.wgsl: rows are pixels of x, columns its channels, and sums run over
// taps, then over blocks of K vectors of output channels. Here both operands hold such vectors: w is not transposed in
// memory, and a thread's 4 columns of a vector of sums take a row of w each.

override KERNEL_H: u32 = 3;
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 1;
override STRIDE_W: u32 = 1;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override PADDED: bool = true; // false where rows of x and y correspond one to one
override ADD: bool = false;
override MASK: bool = false; // dx is 0 where mask is not above 0: the gradient of ReLU
override PRODUCTS: bool = false; // the grid's z counts products of matrices, each with tensors of its own

const TM = 8;   // rows of a thread
const TN = 2;   // vectors of columns of a thread
const LX = 16;  // threads along the columns
const LY = 16;  // threads along the rows
const WG = 256; // LX * LY
const K = 2;    // vectors of output channels of a block: KL * KS
// Staging: KL threads share a row of dy or w, each takes KS of its vectors, of YR and WR rows (rounded up).
const KL = 2;
const KS = 1;
const YR = 1;   // LY * TM * KL / WG
const WR = 1;   // LX * TN * 4 * KL / WG
const ASIDE = 256; // WG where some rows may not be staged, else 0

struct Params {
  rows: u32,     // pixels of x, all images
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  blocks: u32,   // of K vectors of output channels
  ci: u32,       // input channels, in vectors
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  tap_rows: u32, // rows of w from one tap to the next
  add_stride: u32,
  add_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
  x_product: u32, // from one product to the next
  w_product: u32,
  y_product: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read> w: array<vec4f>;
@group(0) @binding(4) var<storage, read> add: array<vec4f>;
@group(0) @binding(5) var<storage, read> mask: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dx: array<vec4f>;

// [k / KL][row][k % KL]; after the rows, places for what nobody reads.
var<workgroup> y_tile: array<vec4f, KS * (LY * TM * KL + ASIDE)>;
var<workgroup> w_tile: array<vec4f, K * 4 * LX * TN>; // [k * 4 + column % 4][column / 4]

@compute @workgroup_size(WG)
fn backward_input(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_index) lane: u32) {
  let product = select(0u, group.z, PRODUCTS);
  let first_row = (select(group.z, 0u, PRODUCTS) * groups.y + group.y) * (LY * TM);
  let first_column = group.x * (LX * TN);
  let across = lane % LX;
  let down = lane / LX;

  // What this thread stages: where its rows lie in dy, and its rows of w.
  var plane: array<u32, YR>; // index of the image's first line
  var bottom: array<u32, YR>;
  var right: array<u32, YR>;
  // @unroll
  for (var r = 0u; r < YR; r++) {
    let row = min(first_row + (lane + r * WG) / KL, p.rows - 1u);
    plane[r] = row; // where rows correspond, that is all
    if (PADDED) {
      let line = row / p.x_w;
      plane[r] = line / p.x_h * p.y_h;
      bottom[r] = line % p.x_h + PAD_TOP;
      right[r] = row % p.x_w + PAD_LEFT;
    }
  }
  var w_at: array<u32, WR>;
  // @unroll
  for (var r = 0u; r < WR; r++) {
    let m = (lane + r * WG) / KL; // neighbours take every fourth column: they lie side by side in the tile
    let column = first_column * 4u + m % (LX * TN) * 4u + m / (LX * TN);
    w_at[r] = min(column, p.ci * 4u - 1u) * p.w_stride + p.w_offset + product * p.w_product + lane % KL;
  }

  var sum: array<vec4f, TM * TN>;
  for (var kh = 0u; kh < KERNEL_H; kh++) {
    let first_at = p.y_offset + product * p.y_product + lane % KL;
    var line_at: array<u32, YR>; // where the line that meets this row of taps lies in dy, whether inside or not
    var meets: array<bool, YR>;
    // @unroll
    for (var r = 0u; r < YR; r++) {
      line_at[r] = plane[r] * p.y_stride + first_at;
      meets[r] = true;
      if (PADDED) {
        let distance = bottom[r] - kh; // to the first output row, in input pixels; wraps below zero
        let oh = distance / STRIDE_H;
        meets[r] = (oh < p.y_h) & (oh * STRIDE_H == distance);
        line_at[r] = (plane[r] + oh) * p.y_w * p.y_stride + first_at;
      }
    }
    for (var kw = 0u; kw < KERNEL_W; kw++) {
      let tap = (kh * KERNEL_W + kw) * p.tap_rows * p.w_stride;
      var y_at: array<u32, YR>;
      var y_to: array<u32, YR>; // where it goes in the tile
      // @unroll
      for (var r = 0u; r < YR; r++) {
        let distance = right[r] - kw;
        let ow = distance / STRIDE_W;
        y_at[r] = line_at[r];
        if (PADDED) { y_at[r] += ow * p.y_stride; }
        // Rows that no output meets are zeroed once for the tap, and what is read for them goes aside.
        let staged = lane + r * WG < LY * TM * KL;
        let inside = !PADDED | (meets[r] & (ow < p.y_w) & (ow * STRIDE_W == distance));
        y_to[r] = select(LY * TM * KL, r * WG, ASIDE == 0 || (staged & inside)) + lane;
        if (staged & !inside) {
          // @unroll
          for (var s = 0u; s < KS; s++) { y_tile[s * (LY * TM * KL + ASIDE) + lane + r * WG] = vec4f(); }
        }
      }
      for (var c = 0u; c < p.blocks; c++) {
        // @unroll
        for (var r = 0u; r < WR; r++) {
          // @unroll
          for (var s = 0u; s < KS; s++) {
            let v = w[w_at[r] + tap + c * K + s * KL];
            let m = (lane + r * WG) / KL;
            if (m < LX * TN * 4) { w_tile[(s * KL + lane % KL) * (LX * TN * 4) + m] = v; }
          }
        }
        // @unroll
        for (var r = 0u; r < YR; r++) {
          // As it is, but the compiler must see it.
          let to = min(y_to[r], LY * TM * KL + ASIDE - 1u);
          // @unroll
          for (var s = 0u; s < KS; s++) {
            y_tile[s * (LY * TM * KL + ASIDE) + to] = dy[y_at[r] + c * K + s * KL];
          }
        }
        workgroupBarrier();
        // @unroll
        for (var k = 0u; k < K; k++) {
          // Four rows of w, transposed in registers: wv[q * TN + j] holds output channel q of the 4 columns of vector j.
          var wv: array<vec4f, 4 * TN>;
          // @unroll
          for (var j = 0u; j < TN; j++) {
            let at = k * 4 * LX * TN + across + j * LX;
            let w0 = w_tile[at];
            let w1 = w_tile[at + LX * TN];
            let w2 = w_tile[at + 2 * LX * TN];
            let w3 = w_tile[at + 3 * LX * TN];
            wv[j] = vec4f(w0.x, w1.x, w2.x, w3.x);
            wv[j + TN] = vec4f(w0.y, w1.y, w2.y, w3.y);
            wv[j + 2 * TN] = vec4f(w0.z, w1.z, w2.z, w3.z);
            wv[j + 3 * TN] = vec4f(w0.w, w1.w, w2.w, w3.w);
          }
          // @unroll
          for (var i = 0u; i < TM; i++) {
            let v = y_tile[k / KL * (LY * TM * KL + ASIDE) + (down + i * LY) * KL + k % KL];
            // @unroll
            for (var q = 0u; q < 4u; q++) {
              // @unroll
              for (var j = 0u; j < TN; j++) { sum[i * TN + j] = fma(vec4f(v[q]), wv[q * TN + j], sum[i * TN + j]); }
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
    // @unroll
    for (var j = 0u; j < TN; j++) {
      let column = first_column + across + j * LX;
      if ((row < p.rows) & (column < p.ci)) {
        var v = sum[i * TN + j];
        if (ADD) { v += add[row * p.add_stride + p.add_offset + column]; }
        // A NaN in the mask lets the gradient through, as PyTorch does.
        if (MASK) { v = select(v, vec4f(), mask[row * p.mask_stride + p.mask_offset + column] <= vec4f()); }
        dx[row * p.x_stride + p.x_offset + product * p.x_product + column] = v;
      }
    }
  }
}
