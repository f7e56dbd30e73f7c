// conv2d_tile_weight.wgsl: the weight gradient of conv2d_tile.wgsl's convolution, in tiles of workgroup memory, for GPUs.
//
//   backward_weight  dw[kh,kw,ci,co] = sum over n,oh,ow of x[n,ih,iw,ci] * dy[n,oh,ow,co], in partial sums
//                    db[co] = sum over n,oh,ow of dy[n,oh,ow,co], one more row of dw, by workgroups of its own
//   where ih = oh * STRIDE_H - PAD_TOP + kh and iw = ow * STRIDE_W - PAD_LEFT + kw lie inside the plane
//
// Layout and units are those of conv2d.wgsl. Rows of a tile are vectors of input channels of any taps, one tap after
// the other; columns are vectors of output channels. A workgroup sums over the lines of one split, P pixels of a line at
// a time: all threads stage them, then multiply. A thread stages one row of the tile: its tap and channel never change.

override KERNEL_H: u32 = 3;
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 1;
override STRIDE_W: u32 = 1;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override PADDED: bool = true;  // false where pixels of x and y correspond one to one
override RAGGED: bool = false; // P does not divide the lines
override BIAS: bool = false;

const TC = 2;   // vectors of input channels of a thread
const TN = 2;   // vectors of output channels of a thread
const LX = 16;  // threads along the columns, a multiple of TC
const LY = 16;  // threads along the rows, a multiple of TN
const WG = 256; // LX * LY
const P = 8;    // pixels of a block
const Q = 4;    // input channels of a vector that are not padding
const XR = 1;   // vectors of x that a thread stages (P / (LX / TC), rounded up)
const YR = 1;   // vectors of dy that a thread stages (P / (LY / TN), rounded up)

struct Params {
  lines: u32,        // of y, all images
  split_lines: u32,  // lines that one split sums
  split_stride: u32, // from one split's partial sums to the next
  blocks: u32,       // of P pixels in a line
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  ci: u32,           // input channels, in vectors
  co: u32,           // output channels, in vectors
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  bias_offset: u32,  // from a split's first number to db
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dw: array<vec4f>; // or partial sums of it, a slice per split

var<workgroup> x_tile: array<vec4f, XR * WG>; // [pixel][row]; pixels from P on are never read
var<workgroup> y_tile: array<vec4f, YR * WG>; // [pixel][column]

// Column sums of dy: a thread adds every (LY / TN)th pixel, then the first ones add these sums in order.
fn bias_gradient(first_column: u32, first_line: u32, end_line: u32, lane: u32, to: u32) {
  let column = first_column + lane % (LX * TN);
  let first = first_line * p.y_w + lane / (LX * TN);
  let end = end_line * p.y_w;
  let turns = ((end_line - first_line) * p.y_w + LY / TN - 1u) / (LY / TN);
  var sum = vec4f();
  for (var turn = 0u; turn < turns; turn++) {
    let pixel = first + turn * (LY / TN);
    if (pixel < end) { sum += dy[pixel * p.y_stride + p.y_offset + min(column, p.co - 1u)]; }
  }
  y_tile[lane] = sum;
  workgroupBarrier();
  if (lane < LX * TN && column < p.co) {
    var total = vec4f();
    for (var part = 0u; part < LY / TN; part++) { total += y_tile[part * (LX * TN) + lane]; }
    dw[to + column] = total;
  }
}

@compute @workgroup_size(WG)
fn backward_weight(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_column = group.x * (LX * TN);
  let first_row = group.z * (LY * TC);
  let first_line = group.y * p.split_lines;
  let end_line = min(first_line + p.split_lines, p.lines);
  let to = group.y * p.split_stride + p.w_offset;
  let rows = KERNEL_H * KERNEL_W * p.ci;
  if (BIAS && first_row >= rows) {
    bias_gradient(first_column, first_line, end_line, lane, to + p.bias_offset);
    return;
  }
  let across = lane % LX;
  let down = lane / LX;

  // What this thread stages: of x one row of the tile at every (LX / TC)th pixel, of dy one column likewise.
  let row = min(first_row + lane % (LY * TC), rows - 1u);
  let tap = row / p.ci;
  let x_pixel = lane / (LY * TC);
  let top = tap / KERNEL_W - PAD_TOP; // wraps below zero: one unsigned comparison then tests both ends
  let left = tap % KERNEL_W - PAD_LEFT + x_pixel * STRIDE_W;
  let x_first = (top * p.x_w + left) * p.x_stride + p.x_offset + row % p.ci;
  let y_pixel = lane / (LX * TN);
  let y_first = y_pixel * p.y_stride + p.y_offset + min(first_column + lane % (LX * TN), p.co - 1u);

  var sum: array<vec4f, TC * Q * TN>;
  var image = first_line / p.y_h;
  var oh = first_line % p.y_h;
  for (var line = first_line; line < end_line; line++) {
    let x_line = (image * p.x_h + oh * STRIDE_H) * p.x_w * p.x_stride + x_first;
    let y_line = line * p.y_w * p.y_stride + y_first;
    let width = select(0u, p.x_w, !PADDED | (top + oh * STRIDE_H < p.x_h)); // no pixel is inside a line outside
    for (var c = 0u; c < p.blocks; c++) {
      // @unroll
      for (var r = 0u; r < XR; r++) {
        let pixel = c * P + r * (LX / TC);
        var v = x[x_line + pixel * STRIDE_W * p.x_stride];
        if (PADDED | RAGGED) {
          let inside = (left + pixel * STRIDE_W < width) & (!RAGGED | (pixel + x_pixel < p.y_w));
          v = select(vec4f(), v, inside);
        }
        x_tile[lane + r * WG] = v;
      }
      // @unroll
      for (var r = 0u; r < YR; r++) {
        let pixel = c * P + r * (LY / TN);
        var v = dy[y_line + pixel * p.y_stride];
        if (RAGGED) { v = select(vec4f(), v, pixel + y_pixel < p.y_w); }
        y_tile[lane + r * WG] = v;
      }
      workgroupBarrier();
      // @unroll
      for (var k = 0u; k < P; k++) {
        var dv: array<vec4f, TN>;
        // @unroll
        for (var j = 0u; j < TN; j++) { dv[j] = y_tile[k * LX * TN + across + j * LX]; }
        // @unroll
        for (var i = 0u; i < TC; i++) {
          let v = x_tile[k * LY * TC + down + i * LY];
          // @unroll
          for (var q = 0u; q < Q; q++) {
            // @unroll
            for (var j = 0u; j < TN; j++) {
              sum[(i * Q + q) * TN + j] = fma(vec4f(v[q]), dv[j], sum[(i * Q + q) * TN + j]);
            }
          }
        }
      }
      workgroupBarrier();
    }
    oh++;
    if (oh == p.y_h) {
      oh = 0u;
      image++;
    }
  }

  // @unroll
  for (var i = 0u; i < TC; i++) {
    let out_row = first_row + down + i * LY;
    // @unroll
    for (var j = 0u; j < TN; j++) {
      let column = first_column + across + j * LX;
      if ((out_row < rows) & (column < p.co)) {
        // @unroll
        for (var q = 0u; q < 4u; q++) {
          // Channels that are padding have gradient 0.
          let v = select(vec4f(), sum[(i * Q + min(q, Q - 1u)) * TN + j], q < Q);
          dw[to + (out_row * 4u + q) * p.w_stride + column] = v;
        }
      }
    }
  }
}
