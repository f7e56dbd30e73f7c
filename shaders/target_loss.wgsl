// target_loss.wgsl: losses of scores x against targets t of their shape, averaged, and their gradients.
//
//   forward    row_losses[r] = sum over i of l(x[r,i], t[r,i])
//   mean       loss          = sum over r of row_losses[r] / count
//   backward   d[r,i]        = dloss / count * derivative of l by x, or OF_TARGETS by t
//
// A row is an image, with all its pixels. l, its derivatives by x and by t, and the count are by KIND
//   0: the cross-entropy of softmax(x[r]), with q = w[i] * ((1 - smoothing) * t + smoothing / channels); count is rows
//      q * (log(sum of exp(x[r])) - x);  s * (sum of the other q) - q * (sum of the other s), s = softmax;
//      (1 - smoothing) * w[i] * (log(sum of exp(x[r])) - x)
//   1: the cross-entropy of sigmoid(x); count is all numbers
//      (1 - t) * x + max(-x, 0) + log(1 + exp(-|x|));  sigmoid - t;  -x
//   2: the squared error; count is all numbers
//      (x - t)^2;  2 * (x - t);  2 * (t - x)
//
// A row's maximum is subtracted before exp, which gets no large number: scores of any size are safe. The other s are summed, for
// 1 - s has no digits where s is almost 1. One workgroup per row,
// for mean only one. Sums are trees of a fixed form over WG lanes: the same bits each time.

override WG: u32 = 64; // a power of 2
override KIND: u32 = 0;
override OF_TARGETS: bool = false;

struct Params {
  rows: u32,
  channels: u32,
  pixels: u32,
  turns: u32, // numbers of a row / WG, rounded up; for mean, rows / WG
  count: u32,
  smoothing: f32,
  x_stride: u32,
  x_offset: u32,
  t_stride: u32,
  t_offset: u32,
  d_stride: u32, // backward only
  d_offset: u32,
  loss_offset: u32, // backward of dloss
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read> class_weights: array<f32>; // of each channel; one number where KIND is not 0

var<workgroup> tree: array<f32, WG>;

// The sum of all lanes' values, for every lane.
fn sum_lanes(value: f32, lane: u32) -> f32 {
  tree[lane] = value;
  for (var span = WG / 2u; span > 0u; span = span / 2u) {
    workgroupBarrier();
    if (lane < span) { tree[lane] += tree[lane + span]; }
  }
  workgroupBarrier();
  let sum = tree[0];
  workgroupBarrier(); // the tree is free again
  return sum;
}

fn max_lanes(value: f32, lane: u32) -> f32 {
  tree[lane] = value;
  for (var span = WG / 2u; span > 0u; span = span / 2u) {
    workgroupBarrier();
    if (lane < span) { tree[lane] = max(tree[lane], tree[lane + span]); }
  }
  workgroupBarrier();
  let largest = tree[0];
  workgroupBarrier();
  return largest;
}

// By the bits: WGSL lets comparisons, exp and log lose a NaN.
fn is_nan(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

// Of number i of a row, the rows of memory and the place there.
fn place(row: u32, i: u32, stride: u32) -> u32 {
  return (row * p.pixels + i / p.channels) * stride + i % p.channels;
}

fn x_at(row: u32, i: u32) -> f32 { return x[p.x_offset + place(row, i, p.x_stride)]; }

fn t_at(row: u32, i: u32) -> f32 { return t[p.t_offset + place(row, i, p.t_stride)]; }

fn q_at(row: u32, i: u32) -> f32 {
  return class_weights[i] * ((1.0 - p.smoothing) * t_at(row, i) + p.smoothing / f32(p.channels));
}

struct Normaliser {
  largest: f32,
  sum: f32,   // of exp(x - largest), at least 1
  below: f32, // the same without one of the largest
  mass: f32, // sum of q
  not_number: f32, // NaN where the row has one, or its largest score is infinite, else 0
}

fn normaliser(row: u32, lane: u32) -> Normaliser {
  if (KIND != 0u) { return Normaliser(); }
  var largest = x_at(row, 0u); // any score of the row will do to start from
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) { largest = max(largest, x_at(row, channel)); }
  }
  largest = max_lanes(largest, lane);
  var below = 0.0; // first without any of the largest, which are counted
  var count = 0.0;
  var mass = 0.0;
  var not_number = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) {
      let v = x_at(row, channel);
      below += select(exp(v - largest), 0.0, v == largest);
      count += f32(v == largest);
      mass += q_at(row, channel);
      not_number = select(not_number, v, is_nan(v));
    }
  }
  // As infinity - infinity is.
  let bits = bitcast<u32>(largest);
  let infinite = (bits & 0x7fffffffu) == 0x7f800000u;
  not_number = select(not_number, bitcast<f32>(bits | 0x400000u), infinite);
  below = sum_lanes(below, lane) + (sum_lanes(count, lane) - 1.0);
  return Normaliser(largest, below + 1.0, below, sum_lanes(mass, lane), sum_lanes(not_number, lane));
}

// exp(-|x|), of numbers that leave it above 0.
fn exp_of_size(v: f32) -> f32 { return exp(-min(abs(v), 80.0)); }

fn loss_of(row: u32, i: u32, n: Normaliser) -> f32 {
  let v = x_at(row, i);
  if (KIND == 0u) { return q_at(row, i) * (log(n.sum) - (v - n.largest)); }
  if (KIND == 1u) { return (1.0 - t_at(row, i)) * v + max(-v, 0.0) + log(1.0 + exp_of_size(v)); }
  return (v - t_at(row, i)) * (v - t_at(row, i));
}

fn derivative_of(row: u32, i: u32, n: Normaliser) -> f32 {
  let v = x_at(row, i);
  if (KIND == 0u) {
    if (OF_TARGETS) { return (1.0 - p.smoothing) * class_weights[i] * (log(n.sum) - (v - n.largest)); }
    let e = exp(v - n.largest);
    let others = select(n.sum - e, n.below, v == n.largest);
    return (e * (n.mass - q_at(row, i)) - q_at(row, i) * others) / n.sum;
  }
  if (KIND == 1u) {
    let e = exp_of_size(v);
    let sigmoid = select(1.0, e, v < 0.0) / (1.0 + e);
    return select(select(sigmoid, v, is_nan(v)) - t_at(row, i), -v, OF_TARGETS);
  }
  return select(2.0, -2.0, OF_TARGETS) * (v - t_at(row, i));
}

// ---- forward ----
@group(0) @binding(4) var<storage, read_write> row_losses: array<f32>;

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= p.rows) { return; }
  let n = normaliser(row, lane);
  var sum = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let i = turn * WG + lane;
    if (i < p.pixels * p.channels) { sum += loss_of(row, i, n); }
  }
  sum = sum_lanes(sum, lane);
  if (lane == 0u) { row_losses[row] = select(sum, n.not_number, is_nan(n.not_number)); }
}

// ---- mean ----
@group(0) @binding(2) var<storage, read> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(WG)
fn mean(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let row = turn * WG + lane;
    if (row < p.rows) { sum += losses[row]; }
  }
  sum = sum_lanes(sum, lane);
  if (lane == 0u) { loss[p.loss_offset] = sum / f32(p.count); }
}

// ---- backward ----
@group(0) @binding(4) var<storage, read> dloss: array<f32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(WG)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= p.rows) { return; }
  let n = normaliser(row, lane);
  let scale = dloss[p.loss_offset] / f32(p.count);
  for (var turn = 0u; turn < p.turns; turn++) {
    let i = turn * WG + lane;
    if (i < p.pixels * p.channels) {
      let each = scale * derivative_of(row, i, n);
      d[p.d_offset + place(row, i, p.d_stride)] = select(each, n.not_number, is_nan(n.not_number));
    }
  }
}
