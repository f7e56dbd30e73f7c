// pixels.wgsl: packed 8-bit images as numbers.
//
//   y[r,c] = (byte c of x[r] - centre[c]) * scale[c] for c = 0, 1, 2; the fourth byte, alpha, is left out
//
// A row is a pixel. One thread per pixel: `padded` writes it as a vector whose fourth number is 0, for kernels that read
// vectors; `plain` writes three numbers wherever they lie.

override WG: u32 = 256;

struct Params {
  count: u32, // pixels
  x_stride: u32,
  x_offset: u32,
  y_stride: u32, // in vectors for `padded`
  y_offset: u32,
  scale_r: f32, // 1 / (255 * deviation)
  scale_g: f32,
  scale_b: f32,
  centre_r: f32, // 255 * mean
  centre_g: f32,
  centre_b: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> x: array<u32>;

fn normalised(row: u32) -> vec3f {
  // Not unpack4x8unorm, which may be 3 ULP off: bytes are exact.
  let colour = vec3f((vec3u(x[p.x_offset + row * p.x_stride]) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
  return (colour - vec3f(p.centre_r, p.centre_g, p.centre_b)) * vec3f(p.scale_r, p.scale_g, p.scale_b);
}

// ---- padded ----
@group(0) @binding(3) var<storage, read_write> y_rows: array<vec4f>;

@compute @workgroup_size(WG)
fn padded(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WG + id.x;
  if (row >= p.count) { return; }
  y_rows[p.y_offset + row * p.y_stride] = vec4f(normalised(row), 0.0);
}

// ---- plain ----
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn plain(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WG + id.x;
  if (row >= p.count) { return; }
  let colour = normalised(row);
  let at = p.y_offset + row * p.y_stride;
  y[at] = colour.r;
  y[at + 1u] = colour.g;
  y[at + 2u] = colour.b;
}
