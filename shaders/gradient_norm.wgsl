// gradient_norm.wgsl: how large all gradients together are, and whether every number is finite.
//
//   sum_squares   sums[2 g] = sum of dw^2 over part g of the flat buffer; sums[2 g + 1] = 1 if any dw is not finite
//   conclude      norm  = sqrt(sum of the parts)
//                 scale = min(1, clip / (norm + 1e-6)), as PyTorch's clip_grad_norm_; 1 where clip is 0
//                 halted = 1, for good, once a gradient, the norm or a loss is not finite
//
// report: norm, scale (bits of f32), halted, unused, then the losses (bits of f32). Optimizers read scale and halted:
// after halted they change nothing. NaN and infinity are told by their exponent, since a shader may assume that they do
// not occur. What lies between parameters in the flat buffer is 0. Parts are added up in a fixed order.

override WG: u32 = 256;

const VECTORS_PER_PART = 4096u; // a multiple of WG

struct Params {
  count: u32,  // vectors of dw
  parts: u32,  // workgroups of sum_squares
  losses: u32,
  clip: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> dw: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> sums: array<u32>;
@group(0) @binding(4) var<storage, read_write> report: array<u32>;

var<workgroup> totals: array<f32, WG>;
var<workgroup> faults: array<u32, WG>;

fn not_finite(bits: u32) -> bool { return (bits & 0x7f800000u) == 0x7f800000u; }

// Leaves the sum over the workgroup in the first element.
fn reduce(lane: u32) {
  for (var half = WG / 2u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      totals[lane] += totals[lane + half];
      faults[lane] |= faults[lane + half];
    }
  }
}

// ---- sum_squares ----
@compute @workgroup_size(WG)
fn sum_squares(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
               @builtin(local_invocation_index) lane: u32) {
  let part = group.y * groups.x + group.x;
  var total = vec4f();
  var fault = false;
  for (var vector = lane; vector < VECTORS_PER_PART; vector += WG) {
    let at = part * VECTORS_PER_PART + vector;
    if (at < p.count) {
      let bits = dw[at];
      let value = bitcast<vec4f>(bits);
      total += value * value;
      fault = fault | any((bits & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
    }
  }
  totals[lane] = total.x + total.y + total.z + total.w;
  faults[lane] = u32(fault);
  reduce(lane);
  if (lane == 0u && part < p.parts) {
    sums[part * 2u] = bitcast<u32>(totals[0]);
    sums[part * 2u + 1u] = faults[0];
  }
}

// ---- conclude: one workgroup ----
@compute @workgroup_size(WG)
fn conclude(@builtin(local_invocation_index) lane: u32) {
  var total = 0.0;
  var fault = 0u;
  for (var part = lane; part < p.parts; part += WG) {
    total += bitcast<f32>(sums[part * 2u]);
    fault |= sums[part * 2u + 1u];
  }
  for (var loss = lane; loss < p.losses; loss += WG) { fault |= u32(not_finite(report[4u + loss])); }
  totals[lane] = total;
  faults[lane] = fault;
  reduce(lane);
  if (lane == 0u) {
    let norm = sqrt(totals[0]);
    var scale = 1.0;
    if (p.clip > 0.0) { scale = min(1.0, p.clip / (norm + 1e-6)); }
    report[0] = bitcast<u32>(norm);
    report[1] = bitcast<u32>(scale);
    if (faults[0] != 0u || not_finite(report[0])) { report[2] = 1u; }
  }
}
