// update.wgsl: changes every trained variable in one dispatch, by a rule.
//
//   update_0 .. update_3   (w, slots) = rule(w, g, slots)      for each number of each variable, with 0 to 3 slots
//
// What stands between `@rule` and `@end` is replaced by an optimizer's own file, such as sgd.wgsl. g is the gradient dw,
// with CLIP times the factor that clips it; nothing happens once the run is halted: gradient_norm.wgsl's report.
// Variables lie in one flat buffer, gradients and slots in others that have one layout. A workgroup takes one chunk of
// one variable, neighbouring threads neighbouring numbers: src/optim/chunks.ts.

override WG: u32 = 256;
override CLIP: bool = true;

struct Step {
  seed: u32,
  step: u32,
  first_image: u32,
  rate: f32,
  factor0: f32,
  factor1: f32,
  average: f32,
}

struct Chunk {
  first: u32, // number within the variable
  end: u32,   // 0 where there is nothing to do
  columns: u32,
  w_offset: u32,
  w_stride: u32,
  slot_offset: u32,
  slot_stride: u32,
  rate_scale: f32,
  decay_scale: f32,
}

@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> report: array<u32>;
@group(0) @binding(4) var<storage, read> dw: array<f32>;
@group(0) @binding(5) var<storage, read_write> w: array<f32>;
@group(0) @binding(6) var<storage, read_write> slot0: array<f32>;
@group(0) @binding(7) var<storage, read_write> slot1: array<f32>;
@group(0) @binding(8) var<storage, read_write> slot2: array<f32>;

// @rule
struct Params {
  scale: f32,
}

@group(0) @binding(0) var<uniform> p: Params;

// w and its slots as they become. factors: two of the optimizer, one of the average of the weights.
fn rule(w: f32, g: f32, slots: vec3f, rate: f32, decay_scale: f32, factors: vec3f) -> vec4f {
  return vec4f(w - p.scale * rate * g, slots);
}
// @end

fn chunk_of(group: vec3u, groups: vec3u) -> Chunk {
  let index = group.y * groups.x + group.x;
  if (index >= arrayLength(&chunks) || report[2] != 0u) { return Chunk(); }
  return chunks[index];
}

// Where number e of a chunk's variable lies: in w, and in dw and the slots.
fn place(chunk: Chunk, e: u32) -> vec2u {
  let row = e / chunk.columns;
  let column = e - row * chunk.columns;
  return vec2u(chunk.w_offset + row * chunk.w_stride + column, chunk.slot_offset + row * chunk.slot_stride + column);
}

// What is the same for all numbers of a chunk, loaded once.
struct Shared {
  rate: f32,
  decay_scale: f32,
  clip: f32,
  factors: vec3f,
}

fn shared_of(chunk: Chunk) -> Shared {
  let factors = vec3f(step.factor0, step.factor1, step.average);
  return Shared(step.rate * chunk.rate_scale, chunk.decay_scale, select(1.0, bitcast<f32>(report[1]), CLIP), factors);
}

fn changed(all: Shared, at: vec2u, slots: vec3f) -> vec4f {
  return rule(w[at.x], dw[at.y] * all.clip, slots, all.rate, all.decay_scale, all.factors);
}

// ---- update_0 ----
@compute @workgroup_size(WG)
fn update_0(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let chunk = chunk_of(group, groups);
  let all = shared_of(chunk);
  for (var e = chunk.first + lane; e < chunk.end; e += WG) {
    let at = place(chunk, e);
    w[at.x] = changed(all, at, vec3f()).x;
  }
}

// ---- update_1 ----
@compute @workgroup_size(WG)
fn update_1(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let chunk = chunk_of(group, groups);
  let all = shared_of(chunk);
  for (var e = chunk.first + lane; e < chunk.end; e += WG) {
    let at = place(chunk, e);
    let next = changed(all, at, vec3f(slot0[at.y], 0.0, 0.0));
    w[at.x] = next.x;
    slot0[at.y] = next.y;
  }
}

// ---- update_2 ----
@compute @workgroup_size(WG)
fn update_2(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let chunk = chunk_of(group, groups);
  let all = shared_of(chunk);
  for (var e = chunk.first + lane; e < chunk.end; e += WG) {
    let at = place(chunk, e);
    let next = changed(all, at, vec3f(slot0[at.y], slot1[at.y], 0.0));
    w[at.x] = next.x;
    slot0[at.y] = next.y;
    slot1[at.y] = next.z;
  }
}

// ---- update_3 ----
@compute @workgroup_size(WG)
fn update_3(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let chunk = chunk_of(group, groups);
  let all = shared_of(chunk);
  for (var e = chunk.first + lane; e < chunk.end; e += WG) {
    let at = place(chunk, e);
    let next = changed(all, at, vec3f(slot0[at.y], slot1[at.y], slot2[at.y]));
    w[at.x] = next.x;
    slot0[at.y] = next.y;
    slot1[at.y] = next.z;
    slot2[at.y] = next.w;
  }
}
