// Faults on purpose: `run.mjs` plants them one at a time, and a test must notice each. They are mistakes that people
// make, or that a change elsewhere brings about; each leaves code that compiles and runs.

export interface Fault {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files that should notice, as few as possible. */
  readonly files: readonly string[];
  /** Only tests with this text in their full name. */
  readonly only?: string;
}

const OPS = ['test/ops/ops.test.ts'];
const PYTORCH = ['test/ops/pytorch.test.ts'];
const NETWORK = ['test/models/googlenet.test.ts'];
const TRAIN = ['test/train/train.test.ts'];
const BAD_INPUT = ['test/train/bad_input.test.ts'];
const KERNELS = ['test/ops/kernels.test.ts'];
const FOLDING = ['test/ops/folding.test.ts'];
const OPTIMIZERS = ['test/ops/optimizers.test.ts'];

const convolution: readonly Fault[] = [
  {
    name: 'convolution: kernel height and width swapped',
    file: 'shaders/conv2d.wgsl',
    find: 'var w_row = (kh * KERNEL_W + kw) *',
    replace: 'var w_row = (kw * KERNEL_H + kh) *',
    files: OPS,
    only: 'conv2d/batch 3',
  },
  {
    name: 'scalar convolution: kernel height and width swapped',
    file: 'shaders/conv2d_scalar.wgsl',
    find: 'var w_row = (kh * KERNEL_W + kw) *',
    replace: 'var w_row = (kw * KERNEL_H + kh) *',
    files: OPS,
    only: 'conv2d/odd channels, 5x5',
  },
  {
    name: 'convolution: padding off by one',
    file: 'shaders/conv2d.wgsl',
    find: 'top[i] = line % p.y_h * STRIDE_H - PAD_TOP;',
    replace: 'top[i] = line % p.y_h * STRIDE_H - PAD_TOP + 1u;',
    files: OPS,
    only: 'conv2d/batch 3',
  },
  {
    name: 'convolution: last vector of channels read at the one before',
    file: 'shaders/conv2d.wgsl',
    find: 'column[j] = min(first_column + j, p.co - 1u); }',
    replace: 'column[j] = min(first_column + j, p.co - 2u); }',
    files: OPS,
    only: 'conv2d/12 channels: half a tile',
  },
  {
    name: 'convolution: writes rows beyond the last',
    file: 'shaders/conv2d.wgsl',
    find: 'if (first_row + i < p.rows) {',
    replace: 'if (true) {',
    files: OPS,
    only: 'conv2d/batch 3',
  },
  {
    name: 'convolution: taps of three channels taken for three rows, not four',
    file: 'src/ops/conv2d.ts',
    find: 'export const tapRowsOf = (inputChannels: number): number => roundUp(inputChannels, 4);',
    replace: 'export const tapRowsOf = (inputChannels: number): number => roundUp(inputChannels, 1);',
    files: ['test/graph/parameter_layout.test.ts'],
  },
  {
    name: 'convolution: padding forgotten where the kernel is a point',
    file: 'src/ops/conv/register.ts',
    find: 'PADDED: !exact || top + left + bottom + right > 0,',
    replace: 'PADDED: top + left + bottom + right > 0,',
    files: OPS,
    only: 'conv2d/stride 2, 1x1',
  },
  {
    name: 'fused convolution: bias dropped',
    file: 'src/ops/conv/register.ts',
    find: 'BIAS: b !== undefined',
    replace: 'BIAS: b === undefined',
    files: OPS,
    only: 'conv2d_fused/3x3 without ReLU',
  },
  {
    name: 'fused convolution: ReLU lets negatives through',
    file: 'shaders/conv2d.wgsl',
    find: 'v = select(v, vec4f(), v < vec4f());',
    replace: 'v = select(v, v * 0.01, v < vec4f());',
    files: OPS,
    only: 'conv2d_fused/3x3 with ReLU',
  },
  {
    name: 'input gradient: padding off by one',
    file: 'shaders/conv2d.wgsl',
    find: 'right[i] = row % p.x_w + PAD_LEFT;',
    replace: 'right[i] = row % p.x_w + PAD_LEFT + 1u;',
    files: OPS,
    only: 'conv2d/batch 3',
  },
  {
    name: 'input gradient: takes every tap whatever the stride',
    file: 'shaders/conv2d.wgsl',
    find: ' & (oh * STRIDE_H == down) & (ow * STRIDE_W == across));',
    replace: ');',
    files: OPS,
    only: 'conv2d/stride 2, odd sizes',
  },
  {
    name: 'weight gradient: misses the last picture',
    file: 'shaders/conv2d.wgsl',
    find: 'let end_line = min(first_line + p.split_lines, p.rows);',
    replace: 'let end_line = min(first_line + p.split_lines, p.rows - p.y_h);',
    files: OPS,
    only: 'conv2d/batch 3',
  },
  {
    name: 'weight gradient: reads a column of the padding',
    file: 'shaders/conv2d.wgsl',
    find: 'let first_ow = (max(PAD_LEFT, kw) - kw + STRIDE_W - 1u) / STRIDE_W;',
    replace: 'let first_ow = (max(PAD_LEFT, kw) - kw) / STRIDE_W;',
    files: OPS,
    only: 'conv2d/stride 2, odd sizes',
  },
  {
    name: 'weight gradient: splits written over each other',
    file: 'shaders/conv2d.wgsl',
    find: 'let first = group.y * p.split_stride + tap *',
    replace: 'let first = tap *',
    files: OPS,
    only: 'conv2d/reduce2 1x1, full size',
  },
  {
    name: 'weight gradient: a split starts at the line before',
    file: 'shaders/conv2d.wgsl',
    find: 'let first_line = group.y * p.split_lines;',
    replace: 'let first_line = group.y * max(1u, p.split_lines - 1u);',
    files: OPS,
    only: 'conv2d/reduce2 1x1, full size',
  },
  {
    name: 'sums of splits: the last is left out',
    file: 'shaders/sum_splits.wgsl',
    find: 's < p.splits;',
    replace: 's + 1u < p.splits;',
    files: OPS,
    only: 'bias/batch 3',
  },
];

const pooling: readonly Fault[] = [
  {
    name: 'max pool: the last maximum wins',
    file: 'shaders/max_pool.wgsl',
    find: 'let better = rank > best;',
    replace: 'let better = rank >= best;',
    files: OPS,
    only: 'max_pool/ties, stride 1',
  },
  {
    name: 'max pool: argmax off by one',
    file: 'shaders/max_pool.wgsl',
    find: '= found.position;',
    replace: '= found.position + 1u;',
    files: OPS,
    only: 'max_pool/one channel',
  },
  {
    name: 'max pool: NaN lost',
    file: 'shaders/max_pool.wgsl',
    find: 'return select(signed, integer(0x7fffffff), magnitude > word(0x7f800000u));',
    replace: 'return signed;',
    files: OPS,
    only: 'max_pool/NaN and infinities',
  },
  {
    name: 'max pool backward: last window of a row left out',
    file: 'shaders/max_pool.wgsl',
    find: 'let i_end = min((h + PAD_TOP) / STRIDE_H + 1u, p.y_h);',
    replace: 'let i_end = min((h + PAD_TOP) / STRIDE_H, p.y_h);',
    files: OPS,
    only: 'max_pool/one channel',
  },
  {
    name: 'average pool: divides by the clipped window',
    file: 'shaders/avg_pool.wgsl',
    find: 'y[p.y_offset + row * p.y_stride + channel] = sum / f32(KERNEL_H * KERNEL_W);',
    replace:
      'y[p.y_offset + row * p.y_stride + channel] = ' +
      'sum / f32((h_end - u32(max(h, 0))) * (w_end - u32(max(w, 0))));',
    files: OPS,
    only: 'avg_pool/one channel',
  },
  {
    name: 'average pool backward: divides by the kernel’s height alone',
    file: 'shaders/avg_pool.wgsl',
    find: 'var v = sum / f32(KERNEL_H * KERNEL_W);',
    replace: 'var v = sum / f32(KERNEL_H);',
    files: OPS,
    only: 'avg_pool/2x3 kernel',
  },
  {
    name: 'average pool backward: counts the window before the first',
    file: 'shaders/avg_pool.wgsl',
    find: 'return select((place - kernel) / stride + 1u, 0u, place < kernel);',
    replace: 'return select((place - kernel) / stride, 0u, place < kernel);',
    files: OPS,
    only: 'avg_pool/stride 2, odd sizes',
  },
];

const otherOps: readonly Fault[] = [
  {
    name: 'ReLU: lets negatives through',
    file: 'shaders/relu.wgsl',
    find: 'select(v, number(), v < number());',
    replace: 'select(v, v * 0.01, v < number());',
    files: OPS,
    only: 'relu/one channel',
  },
  {
    name: 'ReLU: hides a NaN',
    file: 'shaders/relu.wgsl',
    find: 'select(v, number(), v < number());',
    replace: 'select(number(), v, v > number());',
    files: OPS,
    only: 'relu/NaN stays',
  },
  {
    name: 'ReLU gradient: passes where y is 0',
    file: 'shaders/relu.wgsl',
    find: 'select(d, number(), v <= number());',
    replace: 'select(d, number(), v < number());',
    files: OPS,
    only: 'relu/batch 3',
  },
  {
    name: 'add: index check removed, writes beyond the tensor',
    file: 'shaders/add.wgsl',
    find: 'if (index >= p.count) { return; }',
    replace: '',
    files: OPS,
    only: 'add/one channel',
  },
  {
    name: 'concat: index check removed, writes beyond the tensor',
    file: 'shaders/concat.wgsl',
    find: 'if (index >= p.count) { return; }',
    replace: '',
    files: OPS,
    only: 'concat/two inputs',
  },
  {
    name: 'ReLU gradient: index check removed, writes beyond the tensor',
    file: 'shaders/relu.wgsl',
    find: `fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;
  if (index >= p.count) { return; }`,
    replace: `fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;`,
    files: OPS,
    only: 'relu/one channel',
  },
  {
    name: 'dropout: writes features beyond the picture',
    file: 'shaders/dropout.wgsl',
    find: 'if (first + i < p.features) {',
    replace: 'if (true) {',
    files: OPS,
    only: 'dropout/features no multiple of 4',
  },
  {
    name: 'sums of splits: index check removed, writes beyond the tensor',
    file: 'shaders/sum_splits.wgsl',
    find: 'if (index >= count) { return; }',
    replace: '',
    files: OPS,
    only: 'bias/batch 3',
  },
  {
    name: 'SGD: updates beyond the parameter',
    file: 'shaders/sgd.wgsl',
    find: `if (e < chunk.end) {
      let at = chunk.offset + e / chunk.columns * chunk.stride + e % chunk.columns;
      w[at] -=`,
    replace: `if (chunk.end > 0u) {
      let at = chunk.offset + e / chunk.columns * chunk.stride + e % chunk.columns;
      w[at] -=`,
    files: OPTIMIZERS,
  },
  {
    name: 'bias gradient: each block misses its last row',
    file: 'shaders/bias.wgsl',
    find: 'r < length; r++',
    replace: 'r + 1u < length; r++',
    files: OPS,
    only: 'bias/batch 3',
  },
  {
    name: 'concat: every part at the first channel',
    file: 'src/ops/concat.ts',
    find: 'offset: whole.offset + channel }',
    replace: 'offset: whole.offset }',
    files: OPS,
    only: 'concat/two inputs',
  },
  {
    name: 'concat backward: every slice from the first channel',
    file: 'src/ops/concat.ts',
    find: 'builder.apply(slice, { x: dy }, { first, channels }, label)',
    replace: 'builder.apply(slice, { x: dy }, { first: 0, channels }, label)',
    files: OPS,
    only: 'concat/two inputs',
  },
  {
    name: 'slice: first channel ignored',
    file: 'src/ops/concat.ts',
    find: 'offset: views.x.offset + attrs.first }',
    replace: 'offset: views.x.offset }',
    files: ['test/graph/slice.test.ts'],
  },
  {
    name: 'vectors of channels: taken where a tensor starts inside a vector',
    file: 'src/ops/elementwise.ts',
    find: '(view ? [view.stride, view.offset] : [])',
    replace: '(view ? [view.stride] : [])',
    files: OPS,
    only: '8 channels from channel 6 of 16',
  },
  {
    name: 'vectors of channels: taken where rows are no whole vectors',
    file: 'src/ops/elementwise.ts',
    find: '(view ? [view.stride, view.offset] : [])',
    replace: '(view ? [view.offset] : [])',
    files: ['test/graph/slice.test.ts'],
  },
  {
    name: 'vectors of channels: offsets counted in channels',
    file: 'src/ops/elementwise.ts',
    find: '(view?.offset ?? 0) / lanes;',
    replace: 'view?.offset ?? 0;',
    files: OPS,
    only: 'concat/vectors, batch 3',
  },
  {
    name: 'dropout: kept elements not scaled',
    file: 'src/ops/dropout.ts',
    find: 'scale: 1 / (1 - p),',
    replace: 'scale: 1,',
    files: OPS,
    only: 'dropout/one channel',
  },
  {
    name: 'dropout: the same mask each step',
    file: 'shaders/dropout.wgsl',
    find: 'vec4u(step.step, ',
    replace: 'vec4u(0u, ',
    files: OPS,
    only: 'dropout/one channel',
  },
  {
    name: 'dropout: the same mask in each layer',
    file: 'shaders/dropout.wgsl',
    find: 'vec2u(step.seed, p.layer)',
    replace: 'vec2u(step.seed, 0u)',
    files: OPS,
    only: 'dropout/one channel',
  },
  {
    name: 'dropout: mask depends on how the batch is cut',
    file: 'shaders/dropout.wgsl',
    find: 'step.first_picture + picture',
    replace: 'picture',
    files: OPS,
    only: 'dropout/one channel',
  },
  {
    name: 'Philox on the GPU: round constant',
    file: 'shaders/dropout.wgsl',
    find: '0xbb67ae85u',
    replace: '0xbb67ae84u',
    files: OPS,
    only: 'dropout/one channel',
  },
  {
    name: 'Philox on the CPU: round constant',
    file: 'src/core/random.ts',
    find: '0x9e3779b9;',
    replace: '0x9e3779b8;',
    files: ['test/core/random.test.ts'],
  },
  {
    name: 'cross-entropy: largest score not subtracted',
    file: 'shaders/cross_entropy.wgsl',
    find: 'largest = max_lanes(largest, lane);',
    replace: 'largest = 0.0;',
    files: OPS,
    only: 'cross_entropy/1000 classes, scores up to 1e4',
  },
  {
    name: 'cross-entropy: sum instead of mean',
    file: 'shaders/cross_entropy.wgsl',
    find: 'loss[p.loss_offset] = sum / f32(p.rows);',
    replace: 'loss[p.loss_offset] = sum;',
    files: OPS,
    only: 'cross_entropy/10 classes',
  },
  {
    name: 'cross-entropy gradient: not divided by the batch',
    file: 'shaders/cross_entropy.wgsl',
    find: 'dloss[p.loss_offset] / f32(p.rows);',
    replace: 'dloss[p.loss_offset];',
    files: OPS,
    only: 'cross_entropy/10 classes',
  },
  {
    name: 'flatten: features in the order of memory',
    file: 'src/runtime/transfer.ts',
    find: 'pixel * planeChannels + Math.floor(feature / planePixels)]',
    replace: 'feature]',
    files: OPS,
    only: 'flatten/batch 3',
  },
  {
    name: 'linear layer behind flatten: weights in PyTorch’s order of features',
    file: 'src/graph/parameter_layout.ts',
    find: '(feature % plane) * channels + Math.floor(feature / plane)',
    replace: 'feature',
    files: PYTORCH,
    only: 'linear/plane',
  },
];

const optimizers: readonly Fault[] = [
  {
    name: 'SGD: momentum off',
    file: 'shaders/sgd.wgsl',
    find: 'let moment = p.momentum * m[at] + (',
    replace: 'let moment = (',
    files: PYTORCH,
    only: 'sgd/',
  },
  {
    name: 'SGD: weight decay off',
    file: 'shaders/sgd.wgsl',
    find: '+ (dw[at] + chunk.decay * w[at]);',
    replace: '+ dw[at];',
    files: PYTORCH,
    only: 'sgd/',
  },
  {
    name: 'SGD: no momentum unless asked for',
    file: 'src/runtime/update.ts',
    find: 'optimizer.momentum ?? 0.9',
    replace: 'optimizer.momentum ?? 0',
    files: OPTIMIZERS,
  },
  {
    name: 'SGD: updates frozen parameters',
    file: 'shaders/sgd.wgsl',
    find: 'if (frozen != 0u) { return Chunk(); }',
    replace: '',
    files: OPTIMIZERS,
  },
  {
    name: 'SGD: a parameter’s own rate ignored',
    file: 'shaders/sgd.wgsl',
    find: 'step.rate * bitcast<f32>(table[entry + 4u]),',
    replace: 'step.rate,',
    files: OPTIMIZERS,
  },
  {
    name: 'SGD: elements behind the first chunk left alone',
    file: 'src/ops/optimizer_table.ts',
    find: 'first < elements;',
    replace: 'first < Math.min(elements, CHUNK_ELEMENTS);',
    files: OPTIMIZERS,
  },
  {
    name: 'Adam: weight decay off',
    file: 'shaders/adam.wgsl',
    find: 'let g = dw[at] + chunk.decay * w[at];',
    replace: 'let g = dw[at];',
    files: PYTORCH,
    only: 'adam/',
  },
  {
    name: 'Adam: no correction of the first moment',
    file: 'shaders/adam.wgsl',
    find: '(moment1 * step.correction1)',
    replace: 'moment1',
    files: PYTORCH,
    only: 'adam/',
  },
  {
    name: 'Adam: corrections of the step before',
    file: 'src/runtime/update.ts',
    find: 'const count = (step.step ?? 0) + 1;',
    replace: 'const count = Math.max(1, step.step ?? 0);',
    files: PYTORCH,
    only: 'adam/',
  },
  {
    name: 'Adam: epsilon inside the square root',
    file: 'shaders/adam.wgsl',
    find: '(sqrt(moment2 * step.correction2) + p.epsilon)',
    replace: 'sqrt(moment2 * step.correction2 + p.epsilon)',
    files: PYTORCH,
    only: 'adam/large epsilon',
  },
];

const graphs: readonly Fault[] = [
  {
    name: 'differentiation: the gradient of one reader overwrites another’s',
    file: 'src/graph/differentiate.ts',
    find: 'gradients.set(value, sum);',
    replace: 'gradients.set(value, gradient);',
    files: NETWORK,
    only: 'googlenet_small',
  },
  {
    name: 'differentiation: auxiliary losses weighed 0.2 for 0.3',
    file: 'src/graph/differentiate.ts',
    find: 'Float32Array.of(weight)',
    replace: 'Float32Array.of(weight === 1 ? 1 : 0.2)',
    files: NETWORK,
    only: 'googlenet_small',
  },
  {
    name: 'GoogLeNet: auxiliary weight 0.2 for 0.3',
    file: 'src/models/googlenet.ts',
    find: 'export const AUX_WEIGHT = 0.3;',
    replace: 'export const AUX_WEIGHT = 0.2;',
    files: ['test/models/aux_weight.test.ts'],
  },
  {
    name: 'fusion: ReLU lost',
    file: 'src/graph/fusions/bias_relu.ts',
    find: 'relu: isRectified }',
    replace: 'relu: false }',
    files: PYTORCH,
    only: 'conv2d/3x3 of table 1',
  },
  {
    name: 'fusion: swallows a value that others read',
    file: 'src/graph/fusions/rewriting.ts',
    find: 'return readers.length === 1 && !this.#kept.has(value)',
    replace: 'return readers.length >= 1 && !this.#kept.has(value)',
    files: ['test/graph/fusions/bias_relu.test.ts'],
  },
  {
    name: 'fusion: swallows a value that is kept',
    file: 'src/graph/fusions/rewriting.ts',
    find: 'return readers.length === 1 && !this.#kept.has(value)',
    replace: 'return readers.length === 1',
    files: ['test/graph/fusions/gradient_sums.test.ts'],
  },
  {
    name: 'fusion: a gradient added by the earlier kernel, before it is there',
    file: 'src/graph/fusions/gradient_sums.ts',
    find: 'rewriting.producer(x0) > rewriting.producer(x1)',
    replace: 'rewriting.producer(x0) < rewriting.producer(x1)',
    files: ['test/graph/fusions/gradient_sums.test.ts'],
  },
  {
    name: 'fusion: masks a gradient that others read',
    file: 'src/graph/fusions/relu_masks.ts',
    find: 'some((place) => !cuts.includes(place))',
    replace: 'some(() => false)',
    files: ['test/graph/fusions/relu_masks.test.ts'],
  },
  {
    name: 'epilogue: the mask lets a gradient through where y is 0',
    file: 'shaders/conv2d_scalar.wgsl',
    find: 'p.mask_offset + first_column + j] <= 0.0);',
    replace: 'p.mask_offset + first_column + j] < 0.0);',
    files: OPS,
    only: 'conv2d_grad_input/odd channels, mask',
  },
  {
    name: 'epilogue: max pool forgets what is added',
    file: 'src/ops/epilogue.ts',
    find: 'ADD: add !== undefined',
    replace: 'ADD: false',
    files: OPS,
    only: 'max_pool_grad/3x3, add',
  },
  {
    name: 'layout: hazard of reading and writing one buffer not checked',
    file: 'src/graph/layout.ts',
    find: 'if (readsWhatItWrites(nodes, rootIn(aliases)(y), aliases)) aliases.delete(x);',
    replace: '',
    files: ['test/graph/layout.test.ts'],
  },
  {
    name: 'layout: every branch at the first channel',
    file: 'src/graph/layout.ts',
    find: 'aliases.set(x, { into: y, channel, reshaped: false });',
    replace: 'aliases.set(x, { into: y, channel: 0, reshaped: false });',
    files: ['test/graph/layout.test.ts'],
  },
  {
    name: 'layout: a branch that is flattened gets gaps',
    file: 'src/graph/layout.ts',
    find: '!contiguous.has(x) &&',
    replace: '',
    files: ['test/graph/layout.test.ts'],
  },
  {
    name: 'parameters: merged weights all at the first column',
    file: 'src/graph/parameter_layout.ts',
    find: 'offset: end + column, stride',
    replace: 'offset: end, stride',
    files: ['test/graph/parameter_layout.test.ts'],
  },
  {
    name: 'plan: memory free one node too early',
    file: 'src/graph/plan.ts',
    find: 'byNode.set(index, [...(byNode.get(index) ?? []), value]);',
    replace: 'byNode.set(index - 1, [...(byNode.get(index - 1) ?? []), value]);',
    files: ['test/graph/plan.test.ts'],
  },
  {
    name: 'plan: forgets that a value is kept',
    file: 'src/graph/plan.ts',
    find: `value.role !== 'computed' || keptRoots.has(value)`,
    replace: `value.role !== 'computed'`,
    files: ['test/graph/plan.test.ts'],
  },
];

const runtime: readonly Fault[] = [
  {
    name: 'uniforms: whole numbers at a neighbour’s place',
    file: 'src/runtime/uniforms.ts',
    find: 'view.setUint32(offset, value, true);',
    replace: 'view.setUint32(offset ^ 4, value, true);',
    files: OPS,
    only: 'add/one channel',
  },
  {
    name: 'uniforms: every launch reads the first one’s',
    file: 'src/runtime/launches.ts',
    find: 'bindEntries(launch, memory, { buffer: uniforms, offset: index * UNIFORM_ALIGNMENT })',
    replace: 'bindEntries(launch, memory, { buffer: uniforms, offset: 0 })',
    files: OPS,
    only: 'concat/two inputs',
  },
  {
    name: 'pictures: fourth channel not zero',
    file: 'src/runtime/transfer.ts',
    find: `const memory = spec.dtype === 'f32' ? new Float32Array(size) : new Uint32Array(size);`,
    replace: `const memory = spec.dtype === 'f32' ? new Float32Array(size).fill(1) : new Uint32Array(size);`,
    files: NETWORK,
    only: 'googlenet_small',
  },
  {
    name: 'folded workgroups: the second dimension ignored by max pool',
    file: 'shaders/max_pool.wgsl',
    find: `fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG + id.x;`,
    replace: `fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x;`,
    files: FOLDING,
    only: 'max_pool',
  },
  {
    name: 'folded workgroups: the third dimension ignored by convolution',
    file: 'shaders/conv2d.wgsl',
    find: 'return (group.z * groups.x + group.x) * WG + lane;',
    replace: 'return group.x * WG + lane;',
    files: FOLDING,
    only: 'conv2d',
  },
  {
    name: 'folded workgroups: the second dimension ignored by the sum of splits',
    file: 'shaders/sum_splits.wgsl',
    find: 'let index = id.y * groups.x * WG + id.x;',
    replace: 'let index = id.x;',
    files: FOLDING,
    only: 'conv2d',
  },
  {
    name: 'folded workgroups: the second dimension ignored by cross-entropy',
    file: 'shaders/cross_entropy.wgsl',
    find: `let row = group.y * groups.x + group.x;
  if (row >= p.rows) { return; }
  let first = p.x_offset + row * p.x_stride;
  let n = normaliser(first, lane);
  let label`,
    replace: `let row = group.x;
  if (row >= p.rows) { return; }
  let first = p.x_offset + row * p.x_stride;
  let n = normaliser(first, lane);
  let label`,
    files: FOLDING,
    only: 'cross_entropy',
  },
  {
    name: 'folded workgroups: the second dimension ignored by SGD',
    file: 'shaders/sgd.wgsl',
    find: 'let index = group.y * groups.x + group.x;',
    replace: 'let index = group.x;',
    files: OPTIMIZERS,
  },
  {
    name: 'folded workgroups: too few of them',
    file: 'src/core/rows.ts',
    find: 'return [Math.ceil(groups / layers), layers, 1];',
    replace: 'return [Math.floor(groups / layers), layers, 1];',
    files: FOLDING,
    only: '101 workgroups',
  },
];

const training: readonly Fault[] = [
  {
    name: 'trainer: labels not checked',
    file: 'src/train/check.ts',
    find: 'if (!Number.isInteger(label) || label < 0 || label >= classes) {',
    replace: 'if (Number.isNaN(classes)) {',
    files: BAD_INPUT,
    only: 'label 3',
  },
  {
    name: 'trainer: NaN in pictures not noticed',
    file: 'src/train/check.ts',
    find: '!Number.isFinite(number)',
    replace: 'Math.abs(number) === Infinity',
    files: BAD_INPUT,
    only: 'NaN',
  },
  {
    name: 'trainer: a loss that is not finite not noticed',
    file: 'src/train/trainer.ts',
    find: 'if (!Number.isFinite(total)) {',
    replace: 'if (total === Infinity) {',
    files: BAD_INPUT,
    only: 'a loss that is not finite',
  },
  {
    name: 'trainer: dropout does not hear of the step',
    file: 'src/train/trainer.ts',
    find: 'this.program.encode(pass, { step: { seed, step, rate } });',
    replace: 'this.program.encode(pass, { step: { seed, step: 0, rate } });',
    files: NETWORK,
    only: 'googlenet_small',
  },
  {
    name: 'trainer: dropout does not hear of the seed',
    file: 'src/train/trainer.ts',
    find: 'this.program.encode(pass, { step: { seed, step, rate } });',
    replace: 'this.program.encode(pass, { step: { seed: 0, step, rate } });',
    files: NETWORK,
    only: 'googlenet_small',
  },
  {
    name: 'schedule: warm-up off by one',
    file: 'src/train/schedule.ts',
    find: '(rate * (step + 1)) / warmup',
    replace: '(rate * step) / warmup',
    files: ['test/train/schedule.test.ts'],
  },
  {
    name: 'classifier: a last, partial batch not trimmed',
    file: 'src/train/classifier.ts',
    find: 'Math.min(this.batch, count - first)',
    replace: 'this.batch',
    files: TRAIN,
    only: 'classifier',
  },
  {
    name: 'digits: an epoch leaves out the last',
    file: 'src/train/digits.ts',
    find: 'if (next === count) {',
    replace: 'if (next === count - 1) {',
    files: ['test/train/digits.test.ts'],
  },
  {
    name: 'digits: the test files are the training files',
    file: 'src/cli/digit_files.ts',
    find: `'t10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte'`,
    replace: `'train-images-idx3-ubyte',
  'test-labels': 'train-labels-idx1-ubyte'`,
    files: ['test/cli/digit_files.test.ts'],
  },
  {
    name: 'digits: held-out digits drawn from the training files',
    file: 'src/app/train_digits.ts',
    find: 'test: data.test, settings',
    replace: 'test: data.train, settings',
    files: ['test/cli/start.test.ts'],
    only: 'trains, judges',
  },
];

const files: readonly Fault[] = [
  {
    name: 'safetensors: tensors that overlap taken',
    file: 'src/io/safetensors_header.ts',
    find: 'if (begin !== covered) {',
    replace: 'if (begin > covered) {',
    files: ['test/io/safetensors.test.ts'],
  },
  {
    name: 'safetensors: header not padded',
    file: 'src/io/safetensors.ts',
    find: 'const padded = Math.ceil(header.length / 8) * 8;',
    replace: 'const padded = header.length;',
    files: ['test/io/safetensors.test.ts'],
  },
  {
    name: 'IDX: a truncated file taken',
    file: 'src/io/idx.ts',
    find: 'if (found !== expected) {',
    replace: 'if (found > expected) {',
    files: ['test/io/idx.test.ts'],
  },
  {
    name: 'pictures: resized with corners aligned',
    file: 'src/io/pictures.ts',
    find: '((index + 0.5) * from) / to - 0.5',
    replace: '(index * (from - 1)) / Math.max(1, to - 1)',
    files: ['test/io/pictures.test.ts'],
  },
  {
    name: 'weights: a parameter too many taken',
    file: 'src/io/weights.ts',
    find: 'if (unknown.length > 0) {',
    replace: 'if (unknown.length > 1) {',
    files: BAD_INPUT,
    only: 'an unknown parameter',
  },
];

const TILE_FORWARD = "'forward' by 'tile";

const tiles: readonly Fault[] = [
  {
    name: "forward tile: the second tensor starts at the first one's columns",
    file: 'shaders/conv2d_tile.wgsl',
    find: ' + p.rest_offset - p.first_rest;',
    replace: ' + p.rest_offset;',
    files: KERNELS,
    only: TILE_FORWARD,
  },
  {
    name: 'forward tile: rows of the padding keep the tap before',
    file: 'shaders/conv2d_tile.wgsl',
    find: 'if (staged & !inside) {',
    replace: 'if (staged & !inside & (kh == 0u)) {',
    files: KERNELS,
    only: TILE_FORWARD,
  },
  {
    name: "forward tile: a picture's line goes on in the next one",
    file: 'shaders/conv2d_tile.wgsl',
    find: ' & (left[r] + s < p.x_w));',
    replace: ');',
    files: KERNELS,
    only: TILE_FORWARD,
  },
  {
    name: 'forward tile: bias of the first vector for all of a thread',
    file: 'shaders/conv2d_tile.wgsl',
    find: 'start = b[p.b_offset + min(first_column + across + j * LX, p.co - 1u)];',
    replace: 'start = b[p.b_offset + min(first_column + across, p.co - 1u)];',
    files: KERNELS,
    only: TILE_FORWARD,
  },
];

export const faults: readonly Fault[] = [
  ...convolution,
  ...tiles,
  ...pooling,
  ...otherOps,
  ...optimizers,
  ...graphs,
  ...runtime,
  ...training,
  ...files,
];
