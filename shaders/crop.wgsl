// crop.wgsl: a rectangle of each packed picture, resized to a square, with other colours, and mixed with that of another.
//
//   y[r,c] = share * image(own) + (1 - share) * image(partner)
//   image  = (clamp(255 * m[c,3] + sum of m[c,k] * colour[k] for k = 0, 1, 2, 0, 255) - centre[c]) * scale[c]
//
// A row r is a pixel of the output; colours count from 0 to 255. A thread computes ROWS pixels of a column, one below the other,
// so that it reads the table once for all of them. A workgroup stays within a picture: all its threads sample in the same way.
//
// Whole numbers decide which pixels are read, for float32 may round otherwise on another adapter: the rectangle counts in
// 1/STEPS of a pixel, positions in 1/(2 STEPS size).
//
// `padded` writes a pixel as a vector whose fourth number is 0, for kernels that read vectors; `plain` writes three numbers
// wherever they lie.

override WG: u32 = 256;
override ROWS: u32 = 4;
override STEPS: u32 = 64;
override LARGEST_SIDE: u32 = 16383; // of a picture

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
  corner: vec2u, // corner and extent of the rectangle, in 1/STEPS of a pixel
  extent: vec2u,
  mirror: bool,
  way: u32,
  red: vec3f,    // columns of the colour matrix
  green: vec3f,
  blue: vec3f,
  one: vec3f,
}

// A picture, or the one that is mixed in: its row of the table, and how much it counts.
struct Side {
  row: u32,
  share: f32,
}

fn side_of(picture: u32, side: u32) -> Side {
  let t = p.table_offset + picture * p.table_stride;
  let share = table[t + 21u];
  if (side == 0u) { return Side(picture, share); }
  return Side(u32(table[t + 20u]), 1.0 - share);
}

// Whatever the table holds, low and high lie inside of a picture that fits its slot.
fn crop_of(picture: u32) -> Crop {
  let t = p.table_offset + picture * p.table_stride;
  let given = vec2u(vec2f(table[t], table[t + 1u]));
  let small = all(given > vec2u(0u)) && all(given <= vec2u(LARGEST_SIDE));
  let size = select(vec2u(1u), given, small && given.x * given.y <= p.words);
  let end = STEPS * size;
  let corner = min(vec2u(f32(STEPS) * vec2f(table[t + 2u], table[t + 3u])), end - 1u);
  let extent = clamp(vec2u(f32(STEPS) * vec2f(table[t + 4u], table[t + 5u])), vec2u(1u), end - corner);
  var crop: Crop;
  crop.start = p.x_offset + picture * p.x_stride;
  crop.width = size.x;
  crop.low = corner / STEPS;
  crop.high = (corner + extent - 1u) / STEPS;
  crop.corner = corner;
  crop.extent = extent;
  crop.mirror = table[t + 6u] > 0.5;
  crop.way = u32(table[t + 7u]);
  crop.red = vec3f(table[t + 8u], table[t + 12u], table[t + 16u]);
  crop.green = vec3f(table[t + 9u], table[t + 13u], table[t + 17u]);
  crop.blue = vec3f(table[t + 10u], table[t + 14u], table[t + 18u]);
  crop.one = vec3f(table[t + 11u], table[t + 15u], table[t + 19u]);
  return crop;
}

// place / unit, where that is below 2^15 and inverse is 1 / unit: a product that is off by one at most, and put right. The
// division of whole numbers takes many times as long.
fn quotient(place: vec2u, unit: u32, inverse: f32) -> vec2u {
  let near = vec2u(vec2f(place) * inverse);
  let rest = vec2i(place - near * unit);
  return near + vec2u(rest >= vec2i(i32(unit))) - vec2u(rest < vec2i(0));
}

// How much a pixel counts along one axis. Nearest, bilinear and area: the part of the stretch from `first`, of `length`, that lies
// in the pixel. Bicubic: Keys' cubic for a = -0.75, by the distance from `first` to the pixel.
fn share_of(pixel: u32, first: u32, length: u32, bicubic: bool) -> f32 {
  let unit = 2u * STEPS * p.size;
  let start = pixel * unit;
  let part = f32(min(first + length, start + unit) - max(first, start));
  let d = abs(f32(i32(first - start)) * p.inverse);
  let cubic = (1.0 - d) * select(0.75 * (2.0 - d) * (2.0 - d), 1.0 + d - 1.25 * d * d, d < 1.0);
  return select(part, cubic, bicubic);
}

// Each way to sample is a sum over the pixels of a stretch, which is the point itself for nearest, a pixel for bilinear, the
// output's own pixel for area. Here pixels count from 2, for a sum may begin two pixels before the first.
fn sampled(crop: Crop, to: vec2u) -> vec3f {
  let unit = 2u * STEPS * p.size;
  let bicubic = crop.way == 3u;
  let left = 2u * (crop.corner * p.size + to * crop.extent) + 2u * unit;
  let centre = left + crop.extent;
  let first = select(select(centre - unit / 2u, left, crop.way == 2u), centre, crop.way == 0u);
  let length = select(select(vec2u(unit), 2u * crop.extent, crop.way == 2u), vec2u(1u), crop.way == 0u);
  let start = quotient(first, unit, p.inverse) - u32(bicubic);
  let end = quotient(first + length - 1u, unit, p.inverse) + u32(bicubic);
  var sum = vec3f();
  for (var row = start.y; row <= end.y; row++) {
    var line = vec3f();
    let base = crop.start + (clamp(row, crop.low.y + 2u, crop.high.y + 2u) - 2u) * crop.width;
    for (var column = start.x; column <= end.x; column++) {
      let word = x[base + clamp(column, crop.low.x + 2u, crop.high.x + 2u) - 2u];
      // Not unpack4x8unorm, which may be 3 ULP off: bytes are exact.
      let colour = vec3f((vec3u(word) >> vec3u(0u, 8u, 16u)) & vec3u(255u));
      line += share_of(column, first.x, length.x, bicubic) * colour;
    }
    sum += share_of(row, first.y, length.y, bicubic) * line;
  }
  return sum * select(1.0 / (f32(length.x) * f32(length.y)), 1.0, bicubic);
}

fn normalised(crop: Crop, column: u32, row: u32) -> vec3f {
  let c = sampled(crop, vec2u(select(column, p.size - 1u - column, crop.mirror), row));
  let changed = c.r * crop.red + c.g * crop.green + c.b * crop.blue + 255.0 * crop.one;
  let centre = vec3f(p.centre_r, p.centre_g, p.centre_b);
  return (clamp(changed, vec3f(0.0), vec3f(255.0)) - centre) * vec3f(p.scale_r, p.scale_g, p.scale_b);
}

// Picture, column and first row of a thread; beyond the last, a picture or a row that there is not.
fn place_of(group: u32, thread: u32) -> vec3u {
  let unit = group % p.groups * WG + thread;
  return vec3u(group / p.groups, unit % p.size, unit / p.size * ROWS);
}

// ---- padded ----
@group(0) @binding(4) var<storage, read_write> y_rows: array<vec4f>;

@compute @workgroup_size(WG)
fn padded(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = place_of(id.y * groups.x + id.x, thread);
  if (place.x >= p.batch) { return; }
  let end = min(place.z + ROWS, p.size);
  for (var index = 0u; index < 2u; index++) {
    let side = side_of(place.x, index);
    if (index > 0u && side.share == 0.0) { return; }
    let crop = crop_of(side.row);
    for (var row = place.z; row < end; row++) {
      let at = p.y_offset + ((place.x * p.size + row) * p.size + place.y) * p.y_stride;
      let part = vec4f(side.share * normalised(crop, place.y, row), 0.0);
      if (index == 0u) { y_rows[at] = part; } else { y_rows[at] += part; }
    }
  }
}

// ---- plain ----
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn plain(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = place_of(id.y * groups.x + id.x, thread);
  if (place.x >= p.batch) { return; }
  let end = min(place.z + ROWS, p.size);
  for (var index = 0u; index < 2u; index++) {
    let side = side_of(place.x, index);
    if (index > 0u && side.share == 0.0) { return; }
    let crop = crop_of(side.row);
    for (var row = place.z; row < end; row++) {
      let at = p.y_offset + ((place.x * p.size + row) * p.size + place.y) * p.y_stride;
      let part = side.share * normalised(crop, place.y, row);
      for (var colour = 0u; colour < 3u; colour++) {
        if (index == 0u) { y[at + colour] = part[colour]; } else { y[at + colour] += part[colour]; }
      }
    }
  }
}
