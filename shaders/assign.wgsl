// assign.wgsl: the rule by which variables take what the forward part computed, for update.wgsl.
//
//   w = value        where update.wgsl calls the value the gradient

struct Params {
  unused: f32,
}

@group(0) @binding(0) var<uniform> p: Params;

fn rule(w: f32, value: f32, slots: vec3f, rate: f32, decay_scale: f32, factors: vec3f) -> vec4f {
  return vec4f(value, slots);
}
