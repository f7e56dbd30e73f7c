// crop.wgsl: a rectangle of each packed picture, resized to a square, with other colours.
//
//   y[r,c] = (clamp(255 * m[c,3] + sum of m[c,k] * colour[k] for k = 0, 1, 2, 0, 255) - centre[c]) * scale[c]
//
// A row r is a pixel of the output; colours count from 0 to 255. One thread per pixel, and a workgroup stays within a picture,
// so that all its threads take the same way of sampling. Whole numbers decide which pixels are read, for float32 may round
// otherwise on another adapter: the rectangle counts in 1/STEPS of a pixel, and positions, `place`, in 1/(2 STEPS size).
//
// `padded` writes a pixel as a vector whose fourth number is 0, for kernels that read vectors; `plain` writes three numbers
// wherever they lie.

override WG: u32 = 256;

const STEPS = 64u;
const LARGEST_SIDE = 16383u;

struct Params {
  batch: u32,
  words: u32,   // of a picture's slot
  groups: u32,  // workgroups for each picture
  size: u32,    // height and width of the output
  inverse: f32, // 1 / (2 STEPS size)
  x_stride: u32,
  x_offset: u32,
  table_stride: u32,
  table_offset: u32,
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
@group(0) @binding(3) var<storage, read> table: array<f32>;

// Columns before rows in every vector.
struct Crop {
  start: u32,    // of the picture, in words
  width: u32,    // of the picture
  low: vec2u,    // first and last pixel that the rectangle touches
  high: vec2u,
  corner: vec2u,   // corner and extent of the rectangle, in 1/STEPS of a pixel
  extent: vec2u,
}

// Whatever the table holds, low and high lie inside of a picture that fits its slot.
fn crop_of(picture: u32, row: u32) -> Crop {
  let given = vec2u(vec2f(table[row], table[row + 1u]));
  let small = all(given > vec2u(0u)) && all(given <= vec2u(LARGEST_SIDE));
  let size = select(vec2u(1u), given, small && given.x * given.y <= p.words);
  let end = STEPS * size;
  let corner = min(vec2u(f32(STEPS) * vec2f(table[row + 2u], table[row + 3u])), end - 1u);
  let extent = clamp(vec2u(f32(STEPS) * vec2f(table[row + 4u], table[row + 5u])), vec2u(1u), end - corner);
  let start = p.x_offset + picture * p.x_stride;
  return Crop(start, size.x, corner / STEPS, (corner + extent - 1u) / STEPS, corner, extent);
}

fn colour_at(crop: Crop, column: u32, row: u32) -> vec3f {
  // Not unpack4x8unorm, which may be 3 ULP off: bytes are exact.
  return vec3f((vec3u(x[crop.start + row * crop.width + column]) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
}

// The centre of output pixel `to`.
fn centre_of(crop: Crop, to: vec2u) -> vec2u {
  return crop.corner * (2u * p.size) + (2u * to + 1u) * crop.extent;
}

fn nearest(crop: Crop, to: vec2u) -> vec3f {
  let at = centre_of(crop, to) / (2u * STEPS * p.size);
  return colour_at(crop, at.x, at.y);
}

// What lies between four pixels: `next` is the last of them, and how far it is from the first that counts.
struct Between {
  next: vec2u,
  share: vec2f,
}

fn between(crop: Crop, to: vec2u) -> Between {
  // Half a pixel is taken off, but one is added, so that nothing is below 0.
  let place = centre_of(crop, to) + STEPS * p.size;
  let next = place / (2u * STEPS * p.size);
  return Between(next, vec2f(place - next * (2u * STEPS * p.size)) * p.inverse);
}

fn bilinear(crop: Crop, to: vec2u) -> vec3f {
  let b = between(crop, to);
  let first = max(b.next, crop.low + 1u) - 1u;
  let last = min(b.next, crop.high);
  let upper = mix(colour_at(crop, first.x, first.y), colour_at(crop, last.x, first.y), b.share.x);
  let lower = mix(colour_at(crop, first.x, last.y), colour_at(crop, last.x, last.y), b.share.x);
  return mix(upper, lower, b.share.y);
}

// Shares of the four pixels around, of which the second is `t` before: Keys' cubic for a = -0.75.
fn cubic(t: f32) -> vec4f {
  let s = 1.0 - t;
  let inner = vec2f(1.25 * t - 2.25, 1.25 * s - 2.25) * vec2f(t * t, s * s) + 1.0;
  return vec4f(-0.75 * t * s * s, inner, -0.75 * t * t * s);
}

fn bicubic(crop: Crop, to: vec2u) -> vec3f {
  let b = between(crop, to);
  let columns = clamp(b.next.x + vec4u(0u, 1u, 2u, 3u), vec4u(crop.low.x + 2u), vec4u(crop.high.x + 2u)) - 2u;
  let rows = clamp(b.next.y + vec4u(0u, 1u, 2u, 3u), vec4u(crop.low.y + 2u), vec4u(crop.high.y + 2u)) - 2u;
  let across = cubic(b.share.x);
  let down = cubic(b.share.y);
  var sum = vec3f();
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    var line = across.x * colour_at(crop, columns.x, rows[i]);
    line += across.y * colour_at(crop, columns.y, rows[i]);
    line += across.z * colour_at(crop, columns.z, rows[i]);
    line += across.w * colour_at(crop, columns.w, rows[i]);
    sum += down[i] * line;
  }
  return sum;
}

// Each pixel counts by the part of it that lies in the stretch from `first` to `end`, in 1/(STEPS size) of a pixel.
fn area(crop: Crop, to: vec2u) -> vec3f {
  let unit = STEPS * p.size;
  let first = crop.corner * p.size + to * crop.extent;
  let end = first + crop.extent;
  let last = (end - 1u) / unit;
  var sum = vec3f();
  for (var row = first.y / unit; row <= last.y; row++) {
    var line = vec3f();
    for (var column = first.x / unit; column <= last.x; column++) {
      let part = min(end.x, (column + 1u) * unit) - max(first.x, column * unit);
      line += f32(part) * colour_at(crop, column, row);
    }
    sum += f32(min(end.y, (row + 1u) * unit) - max(first.y, row * unit)) * line;
  }
  return sum / (f32(crop.extent.x) * f32(crop.extent.y));
}

fn normalised(picture: u32, pixel: u32) -> vec3f {
  let t = p.table_offset + picture * p.table_stride;
  let crop = crop_of(picture, t);
  var to = vec2u(pixel % p.size, pixel / p.size);
  to.x = select(to.x, p.size - 1u - to.x, table[t + 6u] > 0.5);
  var c: vec3f;
  switch (u32(table[t + 7u])) {
    case 0u: { c = nearest(crop, to); }
    case 1u: { c = bilinear(crop, to); }
    case 2u: { c = area(crop, to); }
    default: { c = bicubic(crop, to); }
  }
  let m = t + 8u;
  let changed = c.r * vec3f(table[m], table[m + 4u], table[m + 8u]) +
    c.g * vec3f(table[m + 1u], table[m + 5u], table[m + 9u]) +
    c.b * vec3f(table[m + 2u], table[m + 6u], table[m + 10u]) +
    255.0 * vec3f(table[m + 3u], table[m + 7u], table[m + 11u]);
  let centre = vec3f(p.centre_r, p.centre_g, p.centre_b);
  return (clamp(changed, vec3f(0.0), vec3f(255.0)) - centre) * vec3f(p.scale_r, p.scale_g, p.scale_b);
}

// ---- padded ----
@group(0) @binding(4) var<storage, read_write> y_rows: array<vec4f>;

@compute @workgroup_size(WG)
fn padded(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = id.y * groups.x + id.x;
  let picture = group / p.groups;
  let pixel = group % p.groups * WG + thread;
  if (picture >= p.batch || pixel >= p.size * p.size) { return; }
  let row = picture * p.size * p.size + pixel;
  y_rows[p.y_offset + row * p.y_stride] = vec4f(normalised(picture, pixel), 0.0);
}

// ---- plain ----
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn plain(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = id.y * groups.x + id.x;
  let picture = group / p.groups;
  let pixel = group % p.groups * WG + thread;
  if (picture >= p.batch || pixel >= p.size * p.size) { return; }
  let at = p.y_offset + (picture * p.size * p.size + pixel) * p.y_stride;
  let colour = normalised(picture, pixel);
  y[at] = colour.r;
  y[at + 1u] = colour.g;
  y[at + 2u] = colour.b;
}
