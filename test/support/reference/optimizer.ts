/** One parameter's numbers; m and v start at 0. */
export interface OptimizerState {
  readonly w: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** torch.optim.SGD: g = dw + weightDecay * w, m = momentum * m + g, w -= rate * m. */
export function sgd(
  { w, m, v }: OptimizerState,
  dw: Float64Array,
  { rate, momentum, weightDecay }: { rate: number; momentum: number; weightDecay: number },
): OptimizerState {
  const moment = m.map((old, i) => momentum * old + (dw[i] as number) + weightDecay * (w[i] as number));
  return { w: w.map((old, i) => old - rate * (moment[i] as number)), m: moment, v };
}

export interface AdamSettings {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** torch.optim.Adam; `count` is 1 for the first update. */
export function adam(
  { w, m, v }: OptimizerState,
  dw: Float64Array,
  count: number,
  { rate, beta1, beta2, epsilon, weightDecay }: AdamSettings,
): OptimizerState {
  const g = dw.map((value, i) => value + weightDecay * (w[i] as number));
  const moment1 = m.map((old, i) => beta1 * old + (1 - beta1) * (g[i] as number));
  const moment2 = v.map((old, i) => beta2 * old + (1 - beta2) * (g[i] as number) ** 2);
  const updated = w.map((old, i) => {
    const mean = (moment1[i] as number) / (1 - beta1 ** count);
    const square = (moment2[i] as number) / (1 - beta2 ** count);
    return old - (rate * mean) / (Math.sqrt(square) + epsilon);
  });
  return { w: updated, m: moment1, v: moment2 };
}
