import type { JobContext } from './job';

const FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups', 'shader-f16'];

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** A device with all that the adapter offers of what the kernels can use. */
export async function openDevice(): Promise<JobContext> {
  const adapter = 'gpu' in navigator ? await navigator.gpu.requestAdapter() : null;
  if (adapter === null) {
    throw new Error(
      'WebGPU: this browser offers no adapter; install a recent Chrome or Chromium (it brings a software ' +
        'adapter) or a Vulkan driver (Debian: mesa-vulkan-drivers)',
    );
  }
  const device = await adapter.requestDevice({
    label: 'tests',
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  return { adapter, device };
}
