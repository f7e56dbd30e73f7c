// sgd.wgsl: stochastic gradient descent over all parameters in one dispatch, as PyTorch's torch.optim.SGD.
//
//   update            w -= rate * (dw + decay * w)
//   update_momentum   m  = momentum * m + dw + decay * w;  w -= rate * m      (m starts at 0)
//
// dw is scaled by the factor that clips it, and nothing happens once the run is halted: gradient_norm.wgsl's report.
// w, dw and the moments are flat buffers of one layout. A workgroup takes one chunk, neighbouring threads
// neighbouring elements. `table` has 8 words per parameter, `chunks` 2 per chunk: src/ops/optimizer_table.ts.

override WG: u32 = 256;
override CHUNK_ELEMENTS: u32 = 4096;

struct Params {
  chunks: u32,
  momentum: f32,
  decay: f32,
}

struct Step {
  seed: u32,
  step: u32,
  first_picture: u32,
  rate: f32,
  correction1: f32,
  correction2: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> chunks: array<u32>;
@group(0) @binding(3) var<storage, read> table: array<u32>;
@group(0) @binding(4) var<storage, read> dw: array<f32>;
@group(0) @binding(5) var<storage, read_write> w: array<f32>;
@group(0) @binding(6) var<storage, read_write> m: array<f32>;
@group(0) @binding(8) var<storage, read> report: array<u32>;

struct Chunk {
  first: u32, // element within the parameter
  end: u32,   // 0 where there is nothing to do
  offset: u32,
  columns: u32,
  stride: u32,
  rate: f32,
  decay: f32,
  scale: f32,
}

fn chunk_of(group: vec3u, groups: vec3u) -> Chunk {
  let index = group.y * groups.x + group.x;
  if (index >= p.chunks || report[2] != 0u) { return Chunk(); }
  let entry = chunks[index * 2u] * 8u;
  let frozen = table[entry + 6u];
  if (frozen != 0u) { return Chunk(); }
  let first = chunks[index * 2u + 1u];
  return Chunk(
    first,
    min(first + CHUNK_ELEMENTS, table[entry + 3u]),
    table[entry],
    table[entry + 1u],
    table[entry + 2u],
    step.rate * bitcast<f32>(table[entry + 4u]),
    p.decay * bitcast<f32>(table[entry + 5u]),
    bitcast<f32>(report[1]),
  );
}

// ---- update ----
@compute @workgroup_size(WG)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_index) lane: u32) {
  let chunk = chunk_of(group, groups);
  for (var turn = 0u; turn < CHUNK_ELEMENTS / WG; turn++) {
    let e = chunk.first + turn * WG + lane;
    if (e < chunk.end) {
      let at = chunk.offset + e / chunk.columns * chunk.stride + e % chunk.columns;
      w[at] -= chunk.rate * (dw[at] * chunk.scale + chunk.decay * w[at]);
    }
  }
}

// ---- update_momentum ----
@compute @workgroup_size(WG)
fn update_momentum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let chunk = chunk_of(group, groups);
  for (var turn = 0u; turn < CHUNK_ELEMENTS / WG; turn++) {
    let e = chunk.first + turn * WG + lane;
    if (e < chunk.end) {
      let at = chunk.offset + e / chunk.columns * chunk.stride + e % chunk.columns;
      let moment = p.momentum * m[at] + (dw[at] * chunk.scale + chunk.decay * w[at]);
      m[at] = moment;
      w[at] -= chunk.rate * moment;
    }
  }
}
