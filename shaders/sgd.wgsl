// sgd.wgsl: the rule of stochastic gradient descent, for update.wgsl; PyTorch's torch.optim.SGD.
//
//   g = g + weight_decay * w;  m = momentum * m + g;  w -= rate * m          (m starts at 0)
//   with Nesterov's momentum                          w -= rate * (g + momentum * m)

struct Params {
  momentum: f32,
  weight_decay: f32,
  nesterov: u32,
}

@group(0) @binding(0) var<uniform> p: Params;

fn rule(w: f32, dw: f32, slots: vec3f, rate: f32, decay_scale: f32, factors: vec3f) -> vec4f {
  let g = dw + p.weight_decay * decay_scale * w;
  let m = p.momentum * slots.x + g;
  let direction = select(m, g + p.momentum * m, p.nesterov != 0u);
  return vec4f(w - rate * direction, m, slots.yz);
}
