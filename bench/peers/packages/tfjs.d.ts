// What the benchmark uses of TensorFlow.js. Written here, so that all files are checked without the package; the lock
// file holds it to the version that this describes.
export interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface Optimizer {
  applyGradients(gradients: Tensors): void;
  dispose(): void;
}

interface Fused {
  readonly bias: Tensor;
  readonly activation: 'linear' | 'relu';
}

interface FusedConv extends Fused {
  readonly x: Tensor;
  readonly filter: Tensor;
  readonly strides: Numbers;
  readonly pad: number;
  readonly dimRoundingMode: 'floor';
}

interface FusedProduct extends Fused {
  readonly a: Tensor;
  readonly b: Tensor;
}

type Numbers = readonly number[];
type Tensors = Readonly<Record<string, Tensor>>;
type Pool = (x: Tensor, kernel: Numbers, stride: Numbers, padding: number, rounding: 'floor') => Tensor;

export function setBackend(name: string): Promise<boolean>;
export function ready(): Promise<void>;
export function backend(): unknown;
/** Of the WebGPU backend: buffers in use, and with those that wait to be used again. */
export function memory(): { readonly numBytesInGPU: number; readonly numBytesAllocatedInGPU: number };
export function tidy<T>(work: () => T): T;
export function dispose(tensors: readonly Tensor[] | Tensors): void;
export function tensor(data: Float32Array, shape?: Numbers): Tensor;
export function tensor1d(data: Numbers, type: 'int32'): Tensor;
export function variable(initial: Tensor, trainable: boolean, name: string): Tensor;
export function oneHot(indices: Tensor, depth: number): Tensor;
export function addN(tensors: readonly Tensor[]): Tensor;
export function mul(a: Tensor, b: number): Tensor;
export function relu(x: Tensor): Tensor;
export function reshape(x: Tensor, shape: Numbers): Tensor;
export function concat(tensors: readonly Tensor[], axis: number): Tensor;
export const maxPool: Pool;
export const avgPool: Pool;
export function variableGrads(loss: () => Tensor): { readonly value: Tensor; readonly grads: Tensors };
export const losses: { readonly softmaxCrossEntropy: (targets: Tensor, scores: Tensor) => Tensor };
export const train: { readonly momentum: (rate: number, momentum: number) => Optimizer };
export const fused: {
  readonly matMul: (options: FusedProduct) => Tensor;
  readonly conv2d: (options: FusedConv) => Tensor;
};
