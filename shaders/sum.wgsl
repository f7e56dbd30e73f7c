// sum.wgsl: the second pass of one or many sums that were split over workgroups, in a fixed order (no atomics).
//
//   forward   total[i] = sum over s of parts[s,i], for each matrix that the table lists
//
// The table begins with a pair of words for each workgroup: which matrix, and its first number there. Then follow the
// matrices, each as the words of `Matrix`. parts is dense; total holds all matrices, each a view with a row stride, in
// which a group of rows (a tap of a convolution's weights) may be followed by rows of padding. A number is one
// element or, where all sizes and offsets divide by 4, a vector of 4; then these count vectors.

alias number = f32;

override WG: u32 = 64;
override TURNS: u32 = 4; // numbers that a lane sums, WG apart

const MATRIX_WORDS = 10u;

struct Params {
  chunks: u32, // workgroups that have something to do
  matrices: u32, // where they begin in the table
}

struct Matrix {
  elements: u32,
  columns: u32,
  splits: u32,
  split_stride: u32,     // from one split's numbers to the next
  part_offset: u32,
  part_group_rows: u32,  // rows from one group to the next in parts
  group_rows: u32,
  total_group_rows: u32, // rows from one group to the next in total
  total_stride: u32,
  total_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> parts: array<number>;
@group(0) @binding(4) var<storage, read_write> total: array<number>;

fn matrix(index: u32) -> Matrix {
  let at = p.matrices + index * MATRIX_WORDS;
  return Matrix(table[at], table[at + 1u], table[at + 2u], table[at + 3u], table[at + 4u], table[at + 5u],
    table[at + 6u], table[at + 7u], table[at + 8u], table[at + 9u]);
}

@compute @workgroup_size(WG)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let chunk = group.y * groups.x + group.x;
  if (chunk >= p.chunks) { return; }
  let m = matrix(table[2u * chunk]);
  let first = table[2u * chunk + 1u] + lane;
  for (var turn = 0u; turn < TURNS; turn++) {
    let index = first + turn * WG;
    if (index >= m.elements) { return; }
    let row = index / m.columns;
    let column = index % m.columns;
    let tap = row / m.group_rows;
    let row_of_tap = row % m.group_rows;
    var at = m.part_offset + (tap * m.part_group_rows + row_of_tap) * m.columns + column;
    var sum = number();
    for (var s = 0u; s < m.splits; s++) {
      sum += parts[at];
      at += m.split_stride;
    }
    total[m.total_offset + (tap * m.total_group_rows + row_of_tap) * m.total_stride + column] = sum;
  }
}
