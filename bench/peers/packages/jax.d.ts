// What the benchmark uses of jax-js; see tfjs.d.ts. Each call takes over the arrays it is given, save through `ref`.
export interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  sum(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(): JaxArray;
  data(): Promise<Float32Array>;
}

type Arrays = Readonly<Record<string, JaxArray>>;
type Pair = readonly [number, number];
type Unary = (x: JaxArray) => JaxArray;

export const numpy: {
  readonly array: (data: Float32Array) => JaxArray;
  readonly pad: (x: JaxArray, widths: readonly Pair[]) => JaxArray;
  readonly matmul: (x: JaxArray, y: JaxArray) => JaxArray;
  readonly concatenate: (arrays: readonly JaxArray[], axis: number) => JaxArray;
  readonly max: Unary;
  readonly mean: Unary;
};
export const nn: { readonly relu: Unary; readonly logSoftmax: Unary };
export const lax: {
  readonly convGeneralDilated: (
    x: JaxArray,
    weight: JaxArray,
    strides: readonly number[],
    padding: readonly Pair[],
  ) => JaxArray;
  readonly reduceWindow: (
    x: JaxArray,
    computation: Unary,
    window: readonly number[],
    strides: readonly number[],
  ) => JaxArray;
};
export const tree: {
  readonly ref: <T extends Arrays>(arrays: T) => T;
  readonly dispose: (arrays: Arrays) => void;
};
export function init(device: 'webgpu'): Promise<readonly string[]>;
export function defaultDevice(device: 'webgpu'): void;
export function getWebGPUDevice(): GPUDevice;
export function blockUntilReady(arrays: Arrays): Promise<Arrays>;
export function jit<A extends readonly unknown[], R>(
  work: (...args: A) => R,
): ((...args: A) => R) & { dispose(): void };
/** With the gradient by the first argument. */
export function valueAndGrad<P, A extends readonly unknown[]>(
  work: (parameters: P, ...args: A) => JaxArray,
): (parameters: P, ...args: A) => [JaxArray, P];
