// dropout.wgsl: zeroes each element with probability p and scales the others. Run on dy, it is the gradient.
//
//   forward   y = x * scale where word f % 4 of philox(counter, key) <= last_kept, else 0
//             f       = pixel * channels + channel, the element's place in its image
//             counter = (step, index of the image in the whole batch, f / 4, 0)
//             key     = (seed, layer)
//
// Philox4x32-10 after Salmon et al., SC 2011; the twin of src/core/random.ts. Nothing is stored: the gradient
// draws the same words. One thread per counter, that is for up to 4 neighbouring elements.

override WG: u32 = 256;
override MASK: bool = false; // y is also 0 where mask is not above 0: the gradient of ReLU

struct Params {
  count: u32,    // counters in all: images * counters
  counters: u32, // of one image: features / 4, rounded up
  features: u32, // elements of one image
  pixels: u32,   // rows of one image
  channels: u32,
  x_stride: u32,
  x_offset: u32,
  y_stride: u32,
  y_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
  layer: u32,     // hash of the layer's name
  last_kept: u32, // largest word that keeps its element
  scale: f32,     // 1 / (1 - p)
}

struct Step {
  seed: u32,
  step: u32,
  first_image: u32,
  rate: f32,
  factor0: f32,
  factor1: f32,
  average: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> step: Step;

// High word of the 64-bit product, by 16-bit halves.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let low = (middle & 0xffffu) + a0 * b1;
  return a1 * b1 + (middle >> 16u) + (low >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(
      multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      multiply_high(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// ---- forward ----
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> mask: array<f32>;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }
  let image = index / p.counters;
  let counter = index % p.counters;
  let words = philox(vec4u(step.step, step.first_image + image, counter, 0u), vec2u(step.seed, p.layer));
  let first = counter * 4u;
  var row = image * p.pixels + first / p.channels;
  var channel = first % p.channels;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    if (first + i < p.features) {
      var v = x[p.x_offset + row * p.x_stride + channel];
      // A NaN in the mask lets the gradient through, as PyTorch does.
      if (MASK) { v = select(v, 0.0, mask[p.mask_offset + row * p.mask_stride + channel] <= 0.0); }
      y[p.y_offset + row * p.y_stride + channel] = select(0.0, v * p.scale, words[i] <= p.last_kept);
    }
    channel += 1u;
    if (channel == p.channels) {
      channel = 0u;
      row += 1u;
    }
  }
}
