// cross_entropy.wgsl: softmax cross-entropy averaged over the batch, and its gradient.
//
//   forward    row_losses[r] = log(sum over c of exp(x[r,c])) - x[r,label]
//   mean       loss          = sum over r of row_losses[r] / rows
//   backward   dx[r,c]       = dloss / rows * (softmax(x[r])[c] - (c == label ? 1 : 0))
//
// At the label that is minus the sum of the other probabilities: no digits are lost where the network is sure.
//
// A row's maximum is subtracted before exp, so scores of any size are safe. One workgroup per row, for mean only one.
// Sums are trees of a fixed form over WG lanes: the same bits each time.

override WG: u32 = 64; // a power of 2

struct Params {
  rows: u32,
  channels: u32, // classes
  turns: u32,    // channels / WG, rounded up; for mean, rows / WG
  x_stride: u32,
  x_offset: u32,
  dx_stride: u32, // backward only
  dx_offset: u32,
  labels_offset: u32,
  loss_offset: u32,
  dloss_offset: u32, // backward only
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;

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

struct Normaliser {
  largest: f32,
  others: f32, // sum of exp(x - largest) over all channels but the label's
  sum: f32,    // with the label's, at least 1
  not_number: f32, // NaN where the row has one, or its largest score is infinite, else 0
}

// By the bits: WGSL lets comparisons, exp and log lose a NaN.
fn is_nan(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

fn normaliser(first: u32, label: u32, lane: u32) -> Normaliser {
  var largest = x[first]; // any score of the row will do to start from
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) { largest = max(largest, x[first + channel]); }
  }
  largest = max_lanes(largest, lane);
  var others = 0.0;
  var not_number = 0.0;
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) {
      let v = x[first + channel];
      others += select(exp(v - largest), 0.0, channel == label);
      not_number = select(not_number, v, is_nan(v));
    }
  }
  // As infinity - infinity is.
  let bits = bitcast<u32>(largest);
  let infinite = (bits & 0x7fffffffu) == 0x7f800000u;
  not_number = select(not_number, bitcast<f32>(bits | 0x400000u), infinite);
  others = sum_lanes(others, lane);
  let sum = others + exp(x[first + label] - largest);
  return Normaliser(largest, others, sum, sum_lanes(not_number, lane));
}

// ---- forward ----
@group(0) @binding(4) var<storage, read_write> row_losses: array<f32>;

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= p.rows) { return; }
  let first = p.x_offset + row * p.x_stride;
  let label = labels[p.labels_offset + row];
  let n = normaliser(first, label, lane);
  if (lane == 0u) {
    let loss = n.largest - x[first + label] + log(n.sum);
    row_losses[row] = select(loss, n.not_number, is_nan(n.not_number));
  }
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
  if (lane == 0u) { loss[p.loss_offset] = sum / f32(p.rows); }
}

// ---- backward ----
@group(0) @binding(4) var<storage, read> dloss: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WG)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= p.rows) { return; }
  let first = p.x_offset + row * p.x_stride;
  let label = labels[p.labels_offset + row];
  let n = normaliser(first, label, lane);
  let scale = dloss[p.dloss_offset] / f32(p.rows);
  for (var turn = 0u; turn < p.turns; turn++) {
    let channel = turn * WG + lane;
    if (channel < p.channels) {
      let e = exp(x[first + channel] - n.largest);
      let d = scale * select(e, -n.others, channel == label) / n.sum;
      dx[p.dx_offset + row * p.dx_stride + channel] = select(d, n.not_number, is_nan(n.not_number));
    }
  }
}
