// Jobs that try the harness itself.
import type { JobContext } from '../job';
import { adapterName } from '../open_device';

const ADD_ONE = `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&y)) { y[id.x] += 1.0; }
}`;

export async function addOne({ device }: JobContext, args: { readonly x: readonly number[] }) {
  const x = new Float32Array(args.x);
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const y = device.createBuffer({ size: x.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  const readable = device.createBuffer({ size: x.byteLength, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(y, 0, x);
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: ADD_ONE }) },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer: y } }];
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(x.length / 64));
  pass.end();
  encoder.copyBufferToBuffer(y, 0, readable, 0, x.byteLength);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(GPUMapMode.READ);
  return { y: new Float32Array(readable.getMappedRange().slice(0)) };
}

export function throwError(): Promise<never> {
  return Promise.reject(new Error('thrown on purpose'));
}

export function makeGpuError({ device }: JobContext): Promise<null> {
  device.createBuffer({ label: 'faulty', size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  return Promise.resolve(null);
}

export function printError(): Promise<null> {
  console.error('printed on purpose');
  return Promise.resolve(null);
}

export async function readFile({ read }: JobContext, args: { readonly path: string }): Promise<string> {
  return new TextDecoder().decode(await read(args.path));
}

export async function wait(_context: JobContext, args: { readonly milliseconds: number }): Promise<null> {
  await new Promise((resolve) => setTimeout(resolve, args.milliseconds));
  return null;
}

/** What computes here. */
export function hostNames(
  { adapter, runtime }: JobContext,
  _args: null,
): Promise<{ adapter: string; runtime: string }> {
  return Promise.resolve({ adapter: adapterName(adapter), runtime });
}
