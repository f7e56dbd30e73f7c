// What the benchmark uses of ONNX Runtime Web; see tfjs.d.ts.
export interface GpuTensor {
  readonly dims: readonly number[];
}

type Values = Readonly<Record<string, GpuTensor>>;

interface Session {
  run(feeds: Values, fetches: Values): Promise<Values>;
  release(): Promise<void>;
}

interface SessionOptions {
  readonly executionProviders: readonly {
    readonly name: 'webgpu';
    readonly device: GPUDevice;
    readonly preferredLayout: 'NHWC' | 'NCHW';
  }[];
  readonly preferredOutputLocation: 'gpu-buffer';
  readonly enableGraphCapture: boolean;
  readonly graphOptimizationLevel: 'all';
}

interface TensorOptions {
  readonly dataType: 'float32';
  readonly dims: readonly number[];
}

export const env: { logLevel: 'warning' | 'error' };
export const Tensor: { fromGpuBuffer(buffer: GPUBuffer, options: TensorOptions): GpuTensor };
export const InferenceSession: { create(model: Uint8Array, options: SessionOptions): Promise<Session> };
