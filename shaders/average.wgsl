// average.wgsl: the rule of a running average of weights, for update.wgsl.
//
//   a += factor * (w - a)        factor: 1 / n of the n-th of an equal average, 1 - decay of an exponential one
//
// Here a is what update.wgsl calls w, and w what it calls the gradient.

struct Params {
  unused: f32,
}

@group(0) @binding(0) var<uniform> p: Params;

fn rule(average: f32, w: f32, slots: vec3f, rate: f32, decay_scale: f32, factors: vec3f) -> vec4f {
  return vec4f(select(average + factors.z * (w - average), w, factors.z == 1.0), slots);
}
