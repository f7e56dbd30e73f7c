// conv2d_quad_weight.wgsl: the weight gradient of a convolution; the 4 lanes of a quad share what they load.
//
//   backward_weight  dw[kh,kw,ci,co] = sum over n,oh,ow of x[n,ih,iw,ci] * dy[n,oh,ow,co], in partial sums
//   and, if BIAS, one row more: db[co] = sum over n,oh,ow of dy[n,oh,ow,co]
//   where ih = oh * STRIDE_H - PAD_TOP + kh and iw = ow * STRIDE_W - PAD_LEFT + kw
//
// Layout as in conv2d_quad.wgsl. The rows of dw, kh*kw*ci of them, count as one axis of vectors. A quad computes a
// tile of 4 * TM of those by 4 * TN vectors of output channels, over the pixels of one split, 4 at a time: each lane
// loads its own TM vectors of x and TN of dy for 4 pixels; what it has of x goes round the quad, by channel.

enable subgroups;

override WG: u32 = 4; // a multiple of 4
override KERNEL_W: u32 = 3;
override STRIDE_H: u32 = 1;
override STRIDE_W: u32 = 1;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override BIAS: bool = false;

const TM = 1;
const TN = 2;

struct Params {
  column_tiles: u32,
  vectors: u32,      // kh*kw*ci
  pixels: u32,       // of all images
  split_pixels: u32, // pixels that one split sums, a multiple of 4
  split_stride: u32, // from one split's partial sums to the next
  x_h: u32,
  x_w: u32,
  y_h: u32,
  y_w: u32,
  ahead_n: u32,      // 4 pixels ahead: images,
  ahead_h: u32,      // lines
  ahead_w: u32,      // and columns
  ci: u32,           // input channels, in vectors
  co: u32,           // output channels, in vectors
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  tap_rows: u32,     // rows of dw from one tap to the next
  bias_offset: u32,  // from a split's first number to db
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dw: array<vec4f>; // or partial sums of it, a slice per split

// What the four lanes of the quad hold: at l what lane (own ^ l) holds. So sums number v belong to vector v ^ lane.
fn share(v: vec4f) -> array<vec4f, 4> {
  return array<vec4f, 4>(v, quadSwapX(v), quadSwapY(v), quadSwapDiagonal(v));
}

@compute @workgroup_size(WG)
fn backward_weight(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) thread: u32,
                   @builtin(subgroup_invocation_id) subgroup_lane: u32) {
  let lane = subgroup_lane % 4u;
  let tile = (group.z * groups.x + group.x) * (WG / 4u) + thread / 4u;
  let first_vector = tile / p.column_tiles * (4u * TM);
  let first_column = tile % p.column_tiles * (4u * TN) + lane;

  var column: array<u32, TN>; // beyond the last, the last again: loads need no test
  // @unroll
  for (var j = 0u; j < TN; j++) { column[j] = min(first_column + j * 4u, p.co - 1u) + p.y_offset; }

  // For each of this lane's vectors of x: from where, for the pixel at (0, 0); both wrap below zero.
  var shift: array<u32, TM>;
  var down: array<u32, TM>;
  var across: array<u32, TM>;
  // @unroll
  for (var i = 0u; i < TM; i++) {
    let vector = min(first_vector + i * 4u + lane, p.vectors - 1u);
    let tap = vector / p.ci;
    down[i] = tap / KERNEL_W - PAD_TOP;
    across[i] = tap % KERNEL_W - PAD_LEFT;
    shift[i] = (down[i] * p.x_w + across[i]) * p.x_stride + p.x_offset + vector % p.ci;
  }

  let first_pixel = group.y * p.split_pixels;
  let end_pixel = min(first_pixel + p.split_pixels, p.pixels);
  // Image, line and column of 4 neighbouring pixels.
  let at_first = vec4u(first_pixel) + vec4u(0u, 1u, 2u, 3u);
  var n = at_first / (p.y_w * p.y_h);
  var oh = at_first / p.y_w % p.y_h;
  var ow = at_first % p.y_w;

  var sum: array<vec4f, 16 * TM * TN>;
  var bias: array<vec4f, TN>;
  let turns = (max(end_pixel, first_pixel) - first_pixel + 3u) / 4u;
  for (var turn = 0u; turn < turns; turn++) {
    let pixel = vec4u(first_pixel + turn * 4u) + vec4u(0u, 1u, 2u, 3u);
    let real = pixel < vec4u(end_pixel);
    let y_at = min(pixel, vec4u(p.pixels - 1u)) * p.y_stride;
    let ih = oh * STRIDE_H;
    let iw = ow * STRIDE_W;
    let x_at = ((n * p.x_h + ih) * p.x_w + iw) * p.x_stride;

    var d: array<mat4x4f, TN>;
    // @unroll
    for (var j = 0u; j < TN; j++) {
      d[j] = mat4x4f(dy[y_at.x + column[j]], dy[y_at.y + column[j]], dy[y_at.z + column[j]], dy[y_at.w + column[j]]);
      if (BIAS) { bias[j] += d[j] * select(vec4f(), vec4f(1.0), real); }
    }
    // @unroll
    for (var i = 0u; i < TM; i++) {
      let inside = real & (ih + down[i] < vec4u(p.x_h)) & (iw + across[i] < vec4u(p.x_w));
      let at = select(vec4u(p.x_offset), x_at + shift[i], inside);
      let columns = transpose(mat4x4f(x[at.x], x[at.y], x[at.z], x[at.w])); // one per channel, over the 4 pixels
      // @unroll
      for (var q = 0u; q < 4u; q++) {
        let xv = share(select(vec4f(), columns[q], inside));
        // @unroll
        for (var l = 0u; l < 4u; l++) {
          // @unroll
          for (var j = 0u; j < TN; j++) { sum[((i * 4 + l) * 4 + q) * TN + j] += d[j] * xv[l]; }
        }
      }
    }

    ow += p.ahead_w;
    let next_line = ow >= vec4u(p.y_w);
    ow = select(ow, ow - p.y_w, next_line);
    oh += p.ahead_h + select(vec4u(), vec4u(1u), next_line);
    let next_image = oh >= vec4u(p.y_h);
    oh = select(oh, oh - p.y_h, next_image);
    n += p.ahead_n + select(vec4u(), vec4u(1u), next_image);
  }

  let first = group.y * p.split_stride + p.w_offset;
  // @unroll
  for (var v = 0u; v < 4 * TM; v++) {
    let vector = first_vector + (v ^ lane);
    let row = vector / p.ci * p.tap_rows + vector % p.ci * 4u;
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      // @unroll
      for (var j = 0u; j < TN; j++) {
        if ((vector < p.vectors) & (first_column + j * 4u < p.co)) {
          dw[first + (row + q) * p.w_stride + first_column + j * 4u] = sum[(v * 4 + q) * TN + j];
        }
      }
    }
  }
  // @unroll
  for (var j = 0u; j < TN; j++) {
    if (BIAS & (first_vector == 0u) & (first_column + j * 4u < p.co)) {
      dw[first + p.bias_offset + first_column + j * 4u] = bias[j];
    }
  }
}
