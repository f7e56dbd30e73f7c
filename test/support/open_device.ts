const FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups'];

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** A device with all that the adapter offers of what the kernels can use. */
export function openDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  return adapter.requestDevice({
    label: 'tests',
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
}

export function adapterName({ info: { vendor, architecture, description } }: GPUAdapter): string {
  return [vendor, architecture, description].filter((part) => part !== '').join(' ');
}
