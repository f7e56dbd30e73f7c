// TensorFlow.js: channels last, fused convolution, bias and ReLU where its gradients allow it.
import type { Layer } from '../layers';
import * as tf from '../packages/tfjs';
import type { Tensor } from '../packages/tfjs';
import type { Problem } from '../problem';
import type { Contender, Prepared } from './contender';
import { channelsFirst, channelsLast, tapsOf } from './order';

export async function open(): Promise<Contender> {
  await tf.setBackend('webgpu');
  await tf.ready();
  const { device } = tf.backend() as { readonly device: GPUDevice };
  return {
    device,
    bytes: () => tf.memory().numBytesAllocatedInGPU,
    prepare: (problem) => Promise.resolve(problem.task === 'forward' ? forward(problem) : train(problem)),
  };
}

type Weights = ReadonlyMap<string, Tensor>;

function forward(problem: Problem): Prepared {
  const { layers, input, heads } = problem;
  const weights = new Map([...initial(problem)].map(([name, values]) => [name, values()]));
  const image = images(problem);
  return {
    async run() {
      const scores = tf.tidy(() => {
        const values = apply(layers, new Map([[input, image()]]), weights, false);
        return of(values, heads[0]?.scores);
      });
      const data = await scores.data();
      scores.dispose();
      return { scores: data };
    },
    gradients: () => Promise.resolve(new Map()),
    dispose: () => tf.dispose([...weights.values()]),
  };
}

function train(problem: Problem): Prepared {
  const { layers, input, heads, labels, classes, rate, momentum, checked } = problem;
  const weights = new Map(
    [...initial(problem)].map(([name, values]) => [name, tf.variable(values(), true, name)]),
  );
  const image = images(problem);
  const taps = tapsOf(layers, problem.weights);
  const optimizer = tf.train.momentum(rate, momentum);
  let latest: Readonly<Record<string, Tensor>> = {};
  return {
    async run() {
      tf.dispose(latest);
      const x = image();
      const target = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), classes));
      const { value, grads } = tf.variableGrads(() => {
        const values = apply(layers, new Map([[input, x]]), weights, true);
        const losses = heads.map(({ scores, weight }) =>
          tf.mul(tf.losses.softmaxCrossEntropy(target, of(values, scores)), weight),
        );
        return tf.addN(losses);
      });
      optimizer.applyGradients(grads);
      latest = grads;
      // Reading waits for all that was submitted before, the update included.
      const [loss = NaN] = await value.data();
      tf.dispose([x, target, value]);
      return { loss };
    },
    async gradients() {
      const found = new Map<string, Float32Array>();
      for (const name of checked) {
        const data = await of(new Map(Object.entries(latest)), name).data();
        const shape = taps.get(name);
        found.set(name, shape ? channelsFirst(data, shape) : data);
      }
      return found;
    },
    dispose() {
      tf.dispose(latest);
      tf.dispose([...weights.values()]);
      optimizer.dispose();
    },
  };
}

/** Makers of the weights as tensors, channels last. */
function initial({ layers, weights }: Problem): Map<string, () => Tensor> {
  const taps = tapsOf(layers, weights);
  const linear = new Set(layers.flatMap((layer) => (layer.kind === 'linear' ? [layer.weight] : [])));
  const makers = new Map<string, () => Tensor>();
  for (const [name, { data }] of weights) {
    const found = taps.get(name);
    makers.set(name, () => {
      if (!found) return tf.tensor(data);
      const [out, channels, height, width] = found;
      const shape = linear.has(name) ? [channels * height * width, out] : [height, width, channels, out];
      return tf.tensor(channelsLast(data, found), shape);
    });
  }
  return makers;
}

/** Uploads the images, which lie in memory as this framework wants them. */
function images({ images, batch, size }: Problem): () => Tensor {
  const plane = 3 * size * size;
  const moved = new Float32Array(images.length);
  for (let index = 0; index < batch; index++) {
    const image = images.subarray(index * plane, (index + 1) * plane);
    moved.set(channelsLast(image, [1, 3, size, size]), index * plane);
  }
  return () => tf.tensor(moved, [batch, size, size, 3]);
}

function of(values: ReadonlyMap<string, Tensor>, name = ''): Tensor {
  const found = values.get(name);
  if (!found) throw new Error(`TensorFlow.js: no value called ${name}`);
  return found;
}

function apply(
  layers: readonly Layer[],
  values: Map<string, Tensor>,
  weights: Weights,
  differentiated: boolean,
): Map<string, Tensor> {
  for (const layer of layers) values.set(layer.y, one(layer, values, weights, differentiated));
  return values;
}

function one(layer: Layer, values: Weights, weights: Weights, differentiated: boolean): Tensor {
  if (layer.kind === 'concat') {
    return tf.concat(
      layer.xs.map((name) => of(values, name)),
      3,
    );
  }
  const x = of(values, layer.x);
  if (layer.kind === 'flatten') return tf.reshape(x, layer.shape);
  if (layer.kind === 'pool') {
    const { kernel, stride, padding } = layer.window;
    const pool = layer.take === 'max' ? tf.maxPool : tf.avgPool;
    return pool(x, kernel, stride, padding[0], 'floor');
  }
  // It has no gradient through a fused ReLU and would then fuse nothing, not even the bias.
  const activation = layer.relu && !differentiated ? 'relu' : 'linear';
  const bias = of(weights, layer.bias);
  const weight = of(weights, layer.weight);
  const y =
    layer.kind === 'linear'
      ? tf.fused.matMul({ a: x, b: weight, bias, activation })
      : tf.fused.conv2d({
          x,
          filter: weight,
          strides: layer.window.stride,
          pad: layer.window.padding[0],
          dimRoundingMode: 'floor',
          bias,
          activation,
        });
  return layer.relu && differentiated ? tf.relu(y) : y;
}
