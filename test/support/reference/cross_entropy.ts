import { get, tensor, zeros, type RefTensor, type RefTensors } from './tensor';

/** Softmax of one row and its log(sum(exp)). */
function softmax(row: RefTensor['data']): { softmax: RefTensor['data']; logSum: number } {
  const largest = Math.max(...row);
  const exponentials = row.map((value) => Math.exp(value - largest));
  let sum = 0;
  for (const exponential of exponentials) sum += exponential;
  return { softmax: exponentials.map((value) => value / sum), logSum: largest + Math.log(sum) };
}

/** loss = mean over n of log(sum over k of exp(x[n,k])) - x[n,labels[n]]. */
export function forward(inputs: RefTensors): RefTensors {
  const x = get(inputs, 'x');
  const labels = get(inputs, 'labels');
  const [batch = 1, classes = 1] = x.shape;
  const logSums = zeros([batch], x);
  let sum = 0;
  for (let n = 0; n < batch; n++) {
    const row = x.data.subarray(n * classes, (n + 1) * classes);
    logSums.data[n] = softmax(row).logSum;
    sum += (logSums.data[n] as number) - (row[labels.data[n] as number] as number);
  }
  return { loss: tensor([], [sum / batch]) };
}

export function backward(inputs: RefTensors, _attrs: unknown, d: RefTensors): RefTensors {
  const x = get(inputs, 'x');
  const labels = get(inputs, 'labels');
  const [dloss = 0] = get(d, 'loss').data;
  const [batch = 1, classes = 1] = x.shape;
  const dx = zeros(x.shape);
  for (let n = 0; n < batch; n++) {
    const row = x.data.subarray(n * classes, (n + 1) * classes);
    const gradient = softmax(row).softmax.map((value, k) => value - (k === labels.data[n] ? 1 : 0));
    dx.data.set(
      gradient.map((value) => (dloss * value) / batch),
      n * classes,
    );
  }
  return { x: dx };
}
