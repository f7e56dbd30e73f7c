// adam.wgsl: the rule of Adam and AdamW, for update.wgsl; PyTorch's torch.optim.Adam and AdamW.
//
//   w = w - rate * decoupled * w;  g = g + coupled * w;  m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2
//   w -= rate * (m * factor0) / (sqrt(v * factor1) + epsilon)         factors: 1 / (1 - beta1^t) and 1 / (1 - beta2^t)
//
// Where the moment is 0, as beside a matrix's numbers, nothing moves, with an epsilon of 0 too.

struct Params {
  beta1: f32,
  one_minus_beta1: f32, // rounded from float64: in float32, 1 - 0.999 is off by 1e-5 of itself
  beta2: f32,
  one_minus_beta2: f32,
  epsilon: f32,
  coupled: f32,
  decoupled: f32,
}

@group(0) @binding(0) var<uniform> p: Params;

fn rule(w: f32, dw: f32, slots: vec3f, rate: f32, decay_scale: f32, factors: vec3f) -> vec4f {
  let decayed = w - rate * (p.decoupled * decay_scale) * w;
  let g = dw + p.coupled * decay_scale * w;
  let m = p.beta1 * slots.x + p.one_minus_beta1 * g;
  let v = p.beta2 * slots.y + p.one_minus_beta2 * g * g;
  let moved = rate * (m * factors.x) / (sqrt(v * factors.y) + p.epsilon);
  return vec4f(decayed - select(moved, 0.0, m == 0.0), m, v, slots.z);
}
