// jax-js: everything under jit; channels first, as its convolution wants it.
import type { Layer } from '../layers';
import {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
  type JaxArray,
} from '../packages/jax';
import type { Problem } from '../problem';
import type { Contender, Prepared } from './contender';

type Arrays = Record<string, JaxArray>;

export async function open(): Promise<Contender> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js: has no WebGPU here');
  defaultDevice('webgpu');
  return {
    device: getWebGPUDevice(),
    prepare: (problem) => Promise.resolve(problem.task === 'forward' ? forward(problem) : gradients(problem)),
  };
}

function forward(problem: Problem): Prepared {
  const { layers, input, heads } = problem;
  const weights = upload(problem);
  const network = jit((parameters: Arrays, images: JaxArray) =>
    apply(layers, parameters, { [input]: images }, heads[0]?.scores ?? ''),
  );
  return {
    async run() {
      const scores = await network(tree.ref(weights), image(problem)).data();
      return { scores: scores };
    },
    gradients: () => Promise.resolve(new Map()),
    dispose() {
      network.dispose();
      tree.dispose(weights);
    },
  };
}

function gradients(problem: Problem): Prepared {
  const { layers, input, heads, labels, classes, batch, checked } = problem;
  const weights = upload(problem);
  const lossOf = (parameters: Arrays, images: JaxArray, targets: JaxArray): JaxArray => {
    const scores = apply(layers, parameters, { [input]: images }, heads[0]?.scores ?? '');
    return nn
      .logSoftmax(scores)
      .mul(targets)
      .sum()
      .mul(-1 / batch);
  };
  const step = jit(valueAndGrad(lossOf));
  let latest: Arrays = {};
  return {
    async run() {
      tree.dispose(latest);
      const targets = new Float32Array(batch * classes);
      labels.forEach((label, row) => (targets[row * classes + label] = 1));
      const [loss, found] = step(
        tree.ref(weights),
        image(problem),
        np.array(targets).reshape([batch, classes]),
      );
      latest = found;
      await blockUntilReady(found);
      const [value = NaN] = await loss.data();
      return { loss: value };
    },
    async gradients() {
      const found = new Map<string, Float32Array>();
      for (const name of checked) {
        const data = await latest[name]?.ref.data();
        if (data) found.set(name, data);
      }
      return found;
    },
    dispose() {
      step.dispose();
      tree.dispose(latest);
      tree.dispose(weights);
    },
  };
}

const upload = ({ weights }: Problem): Arrays =>
  Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, np.array(data).reshape(shape)]));

const image = ({ images, batch, size }: Problem): JaxArray =>
  np.array(images).reshape([batch, 3, size, size]);

/** Array arguments are consumed: a value is handed out with `.ref` and given up at the end. */
function apply(layers: readonly Layer[], weights: Arrays, values: Arrays, output: string): JaxArray {
  const value = (from: Arrays, name: string): JaxArray => {
    const found = from[name];
    if (!found) throw new Error(`jax-js: no value called ${name}`);
    return found.ref;
  };
  for (const layer of layers)
    values[layer.y] = one(
      layer,
      (x) => value(values, x),
      (w) => value(weights, w),
    );
  const y = value(values, output);
  tree.dispose(values);
  tree.dispose(weights);
  return y;
}

type Get = (name: string) => JaxArray;

function one(layer: Layer, value: Get, weight: Get): JaxArray {
  if (layer.kind === 'concat') return np.concatenate(layer.xs.map(value), 1);
  const x = value(layer.x);
  if (layer.kind === 'flatten') return x.reshape(layer.shape);
  if (layer.kind === 'pool') {
    const { kernel, stride, padding } = layer.window;
    const [top, left, bottom, right] = padding;
    // It pads with zeros only. Here these never win and take no gradient: each pool's input has been through ReLU.
    const padded = np.pad(x, [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ]);
    return lax.reduceWindow(padded, layer.take === 'max' ? np.max : np.mean, kernel, stride);
  }
  const bias = weight(layer.bias);
  let y: JaxArray;
  if (layer.kind === 'linear') y = np.matmul(x, weight(layer.weight).transpose()).add(bias);
  else {
    const { stride, padding } = layer.window;
    const [top, left, bottom, right] = padding;
    y = lax
      .convGeneralDilated(x, weight(layer.weight), stride, [
        [top, bottom],
        [left, right],
      ])
      .add(bias.reshape([1, layer.shape[1] ?? 1, 1, 1]));
  }
  return layer.relu ? nn.relu(y) : y;
}
