// winograd.wgsl: the transforms of Winograd's convolution of stride 1 by a 3x3 kernel, F(OUT x OUT, 3 x 3).
//
//   input_transform    v[i,j,t,c] = sum over r,s of INPUT[i][r] * INPUT[j][s] * d[r,s]       d: the pixels under tile t
//   weight_transform   u[i,j,c,o] = sum over r,s of WEIGHT[i][r] * WEIGHT[j][s] * w[r,s,c,o]   FLIP: w[2-r,2-s,c,o]
//   (m = v by u, a matrix product for each i,j: conv2d_quad.wgsl, or conv2d_tile.wgsl and conv2d_tile_input.wgsl)
//   output_transform   y[t at k,l] = sum over i,j of OUTPUT[k][i] * OUTPUT[l][j] * m[i,j,t,c], then the epilogue
//
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", equations 10 to 12; the matrices are those of
// Cook and Toom's method for the points below. A tile is OUT x OUT output pixels and needs POINTS * POINTS products per
// channel pair where a direct sum needs 9 * OUT * OUT. v, u and m are dense: point, row, channel. One thread per
// tile, or row of weights, and vector of channels. The input gradient is the same with FLIP: x stands for dy then.

override WG: u32 = 64;
override PAD_TOP: u32 = 1;
override PAD_LEFT: u32 = 1;
override FLIP: bool = false;
override BIAS: bool = false;
override RELU: bool = false;
override REST: bool = false; // columns from rest_first on go to rest
override ADD: bool = false;
override MASK: bool = false;

// Channels of a thread: vec2f takes half the registers, for GPUs whose cores else have too few threads to wait well.
alias channels = vec4f;

const OUT = 2;
const POINTS = 4; // OUT + 2
const INPUT = INPUT_2;
const WEIGHT = WEIGHT_2;
const OUTPUT = OUTPUT_2;

// The points are 0, 1, -1 and infinity.
const INPUT_2 = array(array(-1.0, 0.0, 1.0, 0.0), array(0.0, 1.0, 1.0, 0.0), array(0.0, -1.0, 1.0, 0.0), array(0.0, -1.0, 0.0, 1.0));
const WEIGHT_2 = array(array(-1.0, 0.0, 0.0), array(0.5, 0.5, 0.5), array(0.5, -0.5, 0.5), array(0.0, 0.0, 1.0));
const OUTPUT_2 = array(array(1.0, 1.0, 1.0, 0.0), array(0.0, 1.0, -1.0, 1.0));

// The points are 0, 3/4, -3/4, 3/2, -3/2 and infinity: of those tried, they lose least in float32. Over 128 channels the
// root mean square error is 9e-7 of the largest result; 2.2e-6 with 1, -1, 2, -2; 3e-7 for OUT = 2.
const INPUT_4 = array(
  array(1.265625, 0.0, -2.8125, 0.0, 1.0, 0.0),
  array(0.0, -1.6875, -2.25, 0.75, 1.0, 0.0),
  array(0.0, 1.6875, -2.25, -0.75, 1.0, 0.0),
  array(0.0, -0.84375, -0.5625, 1.5, 1.0, 0.0),
  array(0.0, 0.84375, -0.5625, -1.5, 1.0, 0.0),
  array(0.0, 1.265625, 0.0, -2.8125, 0.0, 1.0),
);
const WEIGHT_4 = array(
  array(0.7901234567901234, 0.0, 0.0),
  array(-0.5267489711934157, -0.3950617283950617, -0.2962962962962963),
  array(-0.5267489711934157, 0.3950617283950617, -0.2962962962962963),
  array(0.13168724279835392, 0.19753086419753085, 0.2962962962962963),
  array(0.13168724279835392, -0.19753086419753085, 0.2962962962962963),
  array(0.0, 0.0, 1.0),
);
const OUTPUT_4 = array(
  array(1.0, 1.0, 1.0, 1.0, 1.0, 0.0),
  array(0.0, 0.75, -0.75, 1.5, -1.5, 0.0),
  array(0.0, 0.5625, 0.5625, 2.25, 2.25, 0.0),
  array(0.0, 0.421875, -0.421875, 3.375, -3.375, 1.0),
);

struct Params {
  rows: u32,       // tiles, or rows of weights
  columns: u32,    // vectors of channels, the unit of strides and offsets
  tiles_h: u32,    // of an image
  tiles_w: u32,
  x_h: u32,        // plane that is read
  x_w: u32,
  x_stride: u32,
  x_offset: u32,
  y_h: u32,        // plane that is written
  y_w: u32,
  y_stride: u32,
  y_offset: u32,
  w_stride: u32,
  w_offset: u32,
  tap_rows: u32,
  b_offset: u32,
  rest_first: u32,
  rest_stride: u32,
  rest_offset: u32,
  add_stride: u32,
  add_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

// ---- input_transform ----
@group(0) @binding(2) var<storage, read> x: array<channels>;
@group(0) @binding(3) var<storage, read_write> v: array<channels>;

@compute @workgroup_size(WG)
fn input_transform(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.rows * p.columns) { return; }
  let column = index % p.columns;
  let tile = index / p.columns;
  let line = tile / p.tiles_w;
  let plane = line / p.tiles_h * p.x_h;
  let top = line % p.tiles_h * OUT - PAD_TOP; // wraps below zero: one unsigned comparison tests both ends
  let left = tile % p.tiles_w * OUT - PAD_LEFT;
  var half: array<channels, POINTS * POINTS>; // transformed down, not yet across
  // @unroll
  for (var s = 0u; s < POINTS; s++) {
    var d: array<channels, POINTS>;
    // @unroll
    for (var r = 0u; r < POINTS; r++) {
      let inside = (top + r < p.x_h) & (left + s < p.x_w);
      let at = select(0u, ((plane + top + r) * p.x_w + left + s) * p.x_stride, inside);
      d[r] = select(channels(), x[at + p.x_offset + column], inside);
    }
    // @unroll
    for (var i = 0u; i < POINTS; i++) {
      var t = channels();
      // @unroll
      for (var r = 0u; r < POINTS; r++) { if (INPUT[i][r] != 0.0) { t += INPUT[i][r] * d[r]; } }
      half[i * POINTS + s] = t;
    }
  }
  // @unroll
  for (var i = 0u; i < POINTS; i++) {
    // @unroll
    for (var j = 0u; j < POINTS; j++) {
      var t = channels();
      // @unroll
      for (var s = 0u; s < POINTS; s++) { if (INPUT[j][s] != 0.0) { t += INPUT[j][s] * half[i * POINTS + s]; } }
      v[((i * POINTS + j) * p.rows + tile) * p.columns + column] = t;
    }
  }
}

// ---- weight_transform ----
@group(0) @binding(2) var<storage, read> w: array<channels>;
@group(0) @binding(3) var<storage, read_write> u: array<channels>;

@compute @workgroup_size(WG)
fn weight_transform(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.rows * p.columns) { return; }
  let column = index % p.columns;
  let row = index / p.columns;
  var half: array<channels, 3 * POINTS>; // transformed down, not yet across
  // @unroll
  for (var s = 0u; s < 3u; s++) {
    var g: array<channels, 3>;
    // @unroll
    for (var r = 0u; r < 3u; r++) {
      let tap = select(r * 3u + s, 8u - r * 3u - s, FLIP);
      g[r] = w[(tap * p.tap_rows + row) * p.w_stride + p.w_offset + column];
    }
    // @unroll
    for (var i = 0u; i < POINTS; i++) {
      half[i * 3 + s] = WEIGHT[i][0] * g[0] + WEIGHT[i][1] * g[1] + WEIGHT[i][2] * g[2];
    }
  }
  // @unroll
  for (var i = 0u; i < POINTS; i++) {
    // @unroll
    for (var j = 0u; j < POINTS; j++) {
      u[((i * POINTS + j) * p.rows + row) * p.columns + column] =
        WEIGHT[j][0] * half[i * 3] + WEIGHT[j][1] * half[i * 3 + 1] + WEIGHT[j][2] * half[i * 3 + 2];
    }
  }
}

// ---- output_transform ----
@group(0) @binding(2) var<storage, read> m: array<channels>;
@group(0) @binding(3) var<storage, read> b: array<channels>;
@group(0) @binding(4) var<storage, read> add: array<channels>;
@group(0) @binding(5) var<storage, read> mask: array<channels>;
@group(0) @binding(6) var<storage, read_write> y: array<channels>;
@group(0) @binding(7) var<storage, read_write> rest: array<channels>;

@compute @workgroup_size(WG)
fn output_transform(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.rows * p.columns) { return; }
  let column = index % p.columns;
  let tile = index / p.columns;
  let line = tile / p.tiles_w;
  let plane = line / p.tiles_h * p.y_h;
  let top = line % p.tiles_h * OUT;
  let left = tile % p.tiles_w * OUT;
  var half: array<channels, OUT * POINTS>; // transformed down, not yet across
  // @unroll
  for (var j = 0u; j < POINTS; j++) {
    var t = array<channels, OUT>(); // said, since SwiftShader zeroes it only once where the loop stays one
    // @unroll
    for (var i = 0u; i < POINTS; i++) {
      let product = m[((i * POINTS + j) * p.rows + tile) * p.columns + column];
      // @unroll
      for (var k = 0u; k < OUT; k++) { if (OUTPUT[k][i] != 0.0) { t[k] += OUTPUT[k][i] * product; } }
    }
    // @unroll
    for (var k = 0u; k < OUT; k++) { half[k * POINTS + j] = t[k]; }
  }
  var bias = channels();
  if (BIAS) { bias = b[p.b_offset + column]; }
  // @unroll
  for (var k = 0u; k < OUT; k++) {
    // @unroll
    for (var l = 0u; l < OUT; l++) {
      if ((top + k < p.y_h) & (left + l < p.y_w)) {
        let row = (plane + top + k) * p.y_w + left + l;
        var t = bias;
        // @unroll
        for (var j = 0u; j < POINTS; j++) { if (OUTPUT[l][j] != 0.0) { t += OUTPUT[l][j] * half[k * POINTS + j]; } }
        if (RELU) { t = select(t, channels(), t < channels()); }
        if (ADD) { t += add[row * p.add_stride + p.add_offset + column]; }
        if (MASK) { t = select(t, channels(), mask[row * p.mask_stride + p.mask_offset + column] <= channels()); }
        if (REST & (column >= p.rest_first)) {
          rest[row * p.rest_stride + p.rest_offset + column - p.rest_first] = t;
        } else {
          y[row * p.y_stride + p.y_offset + column] = t;
        }
      }
    }
  }
}
