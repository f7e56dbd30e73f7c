// target_loss.wgsl: losses of scores x against targets t of their shape, averaged, and their gradients.
//
// By rows, the softmax cross-entropy, with w the weights of classes and q = (1 - smoothing) * t + smoothing / channels:
//   soft_forward    parts[r] = sum over c of w[c] * q[r,c] * (log(sum of exp(x[r])) - x[r,c])
//   soft_backward   dx[r,c]  = dloss / rows * (softmax(x[r])[c] * sum of w * q[r] - w[c] * q[r,c])
//                   dt[r,c]  = dloss / rows * (1 - smoothing) * w[c] * (log(sum of exp(x[r])) - x[r,c])
// By numbers, the squared error and, with BINARY, the cross-entropy of sigmoid(x):
//   forward    parts[g] = sum of (x - t)^2, or of (1 - t) * x + max(-x, 0) + log(1 + exp(-|x|)), over TURNS * WG numbers
//   backward   dx = dloss / count * 2 * (x - t), or dloss / count * (sigmoid(x) - t)
//              dt = -dx,                         or dloss / count * -x
// Of both:
//   mean       loss = sum of parts / count
//
// A row's maximum is subtracted before exp, and exp gets no large number: scores of any size are safe. Sums are trees of a
// fixed form over WG lanes: the same bits each time.

override WG: u32 = 64; // a power of 2
override TURNS: u32 = 16;
override BINARY: bool = false;
override OF_TARGETS: bool = false; // backward gives dt in place of dx

struct Params {
  count: u32, // what the mean is over: rows, or numbers
  channels: u32,
  parts: u32,
  turns: u32, // channels / WG, rounded up; for mean, parts / WG
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
@group(0) @binding(3) var<storage, read> class_weights: array<f32>;

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

fn x_at(row: u32, channel: u32) -> f32 { return x[p.x_offset + row * p.x_stride + channel]; }

fn t_at(row: u32, channel: u32) -> f32 { return t[p.t_offset + row * p.t_stride + channel]; }

// w * q
fn weighted(row: u32, channel: u32) -> f32 {
  let q = (1.0 - p.smoothing) * t_at(row, channel) + p.smoothing / f32(p.channels);
  return class_weights[channel] * q;
}

struct Row {
  largest: f32,
  sum: f32,        // of exp(x - largest)
  mass: f32,       // sum of w * q
  not_number: f32, // NaN where the scores have one, or the largest is infinite, else 0
}

fn row_of(row: u32, lane: u32) -> Row {
  var largest = x_at(row, 0u); // any score of the row will do to start from
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) { largest = max(largest, x_at(row, channel)); }
  }
  largest = max_lanes(largest, lane);
  var sum = 0.0;
  var mass = 0.0;
  var not_number = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) {
      let v = x_at(row, channel);
      sum += exp(v - largest);
      mass += weighted(row, channel);
      not_number = select(not_number, v, is_nan(v));
    }
  }
  // As infinity - infinity is.
  let bits = bitcast<u32>(largest);
  let infinite = (bits & 0x7fffffffu) == 0x7f800000u;
  not_number = select(not_number, bitcast<f32>(bits | 0x400000u), infinite);
  return Row(largest, sum_lanes(sum, lane), sum_lanes(mass, lane), sum_lanes(not_number, lane));
}

// ---- soft_forward and forward ----
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(WG)
fn soft_forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= p.parts) { return; }
  let r = row_of(row, lane);
  var sum = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) { sum += weighted(row, channel) * (r.largest - x_at(row, channel)); }
  }
  sum = sum_lanes(sum, lane) + r.mass * log(r.sum);
  if (lane == 0u) { parts[row] = select(sum, r.not_number, is_nan(r.not_number)); }
}

// exp(-|x|), of numbers that leave it above 0.
fn exp_of_size(v: f32) -> f32 { return exp(-min(abs(v), 80.0)); }

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let part = group.y * groups.x + group.x;
  if (part >= p.parts) { return; }
  var sum = 0.0;
  for (var turn = 0u; turn < TURNS; turn++) {
    let index = (part * TURNS + turn) * WG + lane;
    if (index < p.count) {
      let v = x_at(index / p.channels, index % p.channels);
      let target_ = t_at(index / p.channels, index % p.channels);
      if (BINARY) {
        sum += (1.0 - target_) * v + max(-v, 0.0) + log(1.0 + exp_of_size(v));
      } else {
        sum += (v - target_) * (v - target_);
      }
    }
  }
  sum = sum_lanes(sum, lane);
  if (lane == 0u) { parts[part] = sum; }
}

// ---- mean ----
@group(0) @binding(5) var<storage, read> given_parts: array<f32>;
@group(0) @binding(6) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(WG)
fn mean(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let part = turn * WG + lane;
    if (part < p.parts) { sum += given_parts[part]; }
  }
  sum = sum_lanes(sum, lane);
  if (lane == 0u) { loss[p.loss_offset] = sum / f32(p.count); }
}

// ---- soft_backward and backward ----
@group(0) @binding(4) var<storage, read> dloss: array<f32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(WG)
fn soft_backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                 @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= p.parts) { return; }
  let r = row_of(row, lane);
  let scale = dloss[p.loss_offset] / f32(p.count);
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) {
      let v = x_at(row, channel) - r.largest;
      let of_x = r.mass * exp(v) / r.sum - weighted(row, channel);
      let of_t = (1.0 - p.smoothing) * class_weights[channel] * (log(r.sum) - v);
      let all = scale * select(of_x, of_t, OF_TARGETS);
      d[p.d_offset + row * p.d_stride + channel] = select(all, r.not_number, is_nan(r.not_number));
    }
  }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let row = index / p.channels;
  let channel = index % p.channels;
  let v = x_at(row, channel);
  let error = v - t_at(row, channel);
  var one = select(2.0 * error, -2.0 * error, OF_TARGETS);
  if (BINARY) {
    let e = exp_of_size(v);
    let sigmoid = select(1.0, e, v < 0.0) / (1.0 + e);
    one = select(select(sigmoid, v, is_nan(v)) - t_at(row, channel), -v, OF_TARGETS);
  }
  d[p.d_offset + row * p.d_stride + channel] = dloss[p.loss_offset] / f32(p.count) * one;
}
