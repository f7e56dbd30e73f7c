// ONNX Runtime Web: input and output bound to GPU buffers, the graph captured once and replayed.
import * as ort from '../packages/ort';
import type { Problem } from '../problem';
import type { Contender, Prepared } from './contender';
import { onnxModel } from './onnx';

export async function open(): Promise<Contender> {
  ort.env.logLevel = 'error';
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('ONNX Runtime Web: no adapter');
  // With all that the adapter has, so that the runtime may use whatever it knows of.
  const limits = Object.keys(Object.getPrototypeOf(adapter.limits) as object) as (keyof GPUSupportedLimits)[];
  const device = await adapter.requestDevice({
    label: 'ONNX Runtime Web',
    requiredFeatures: [...adapter.features] as GPUFeatureName[],
    requiredLimits: Object.fromEntries(
      limits.map((name) => [name, adapter.limits[name]]).filter(([, limit]) => typeof limit === 'number'),
    ) as Record<string, number>,
  });
  return { device, prepare: (problem) => forward(device, problem) };
}

async function forward(device: GPUDevice, problem: Problem): Promise<Prepared> {
  const { input, heads, images, batch, size, classes } = problem;
  const output = heads[0]?.scores ?? '';
  const session = await ort.InferenceSession.create(onnxModel(problem), {
    executionProviders: [{ name: 'webgpu', device, preferredLayout: 'NHWC' }],
    preferredOutputLocation: 'gpu-buffer',
    enableGraphCapture: true,
    graphOptimizationLevel: 'all',
  });
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const bytes = batch * classes * 4;
  const image = device.createBuffer({ size: images.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  const scores = device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
  const readable = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
  const dataType = 'float32';
  const feeds = { [input]: ort.Tensor.fromGpuBuffer(image, { dataType, dims: [batch, 3, size, size] }) };
  const fetches = { [output]: ort.Tensor.fromGpuBuffer(scores, { dataType, dims: [batch, classes] }) };
  return {
    async run() {
      device.queue.writeBuffer(image, 0, images);
      await session.run(feeds, fetches);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(scores, 0, readable, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      const data = new Float32Array(readable.getMappedRange().slice(0));
      readable.unmap();
      return { scores: data };
    },
    gradients: () => Promise.resolve(new Map()),
    async dispose() {
      await session.release();
      for (const buffer of [image, scores, readable]) buffer.destroy();
    },
  };
}
