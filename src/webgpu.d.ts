// Names that the library's declarations mention and a project may lack: where the DOM's library has no WebGPU (TypeScript 5),
// without @webgpu/types, without the DOM. Interfaces of one name are one, so that these add nothing to those that exist.
/* eslint-disable @typescript-eslint/no-empty-object-type, no-restricted-syntax -- empty, so that they merge with the real ones; the rules are against both */
interface GPUAdapter {}
interface GPUBindGroup {}
interface GPUBindGroupDescriptor {}
interface GPUBuffer {}
interface GPUBufferBinding {}
interface GPUBufferDescriptor {}
interface GPUCommandEncoder {}
interface GPUComputePassEncoder {}
interface GPUComputePipeline {}
interface GPUDevice {}
interface GPUTexture {}
interface AbortSignal {}
