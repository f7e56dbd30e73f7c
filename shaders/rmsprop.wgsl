// rmsprop.wgsl: the rule of RMSprop, for update.wgsl; PyTorch's torch.optim.RMSprop.
//
//   g = g + weight_decay * w;  v = alpha * v + (1 - alpha) * g^2;  a = alpha * a + (1 - alpha) * g
//   step = g / (sqrt(v) + epsilon), or with CENTERED g / (sqrt(v - a^2) + epsilon)
//   w -= rate * step, or with momentum  b = momentum * b + step;  w -= rate * b
//
// Slots: v, then b with momentum, then a with CENTERED. Where the gradient is 0, as beside a matrix's numbers, the step
// is 0, with an epsilon of 0 too.

struct Params {
  alpha: f32,
  one_minus_alpha: f32, // rounded from float64
  epsilon: f32,
  weight_decay: f32,
  momentum: f32,
  centered: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

fn rule(w: f32, dw: f32, slots: vec3f, rate: f32, decay_scale: f32, factors: vec3f) -> vec4f {
  let g = dw + p.weight_decay * decay_scale * w;
  let v = p.alpha * slots.x + p.one_minus_alpha * g * g;
  let a = p.alpha * select(slots.z, slots.y, p.momentum == 0.0) + p.one_minus_alpha * g;
  let variance = select(v, max(v - a * a, 0.0), p.centered != 0u);
  let moved = select(g / (sqrt(variance) + p.epsilon), 0.0, g == 0.0);
  let b = p.momentum * slots.y + moved;
  return vec4f(w - rate * b, v, select(b, a, p.momentum == 0.0), a);
}
