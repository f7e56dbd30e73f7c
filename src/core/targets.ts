import type { Target } from './op';

/** A CPU runs workgroups on a few threads. */
const ON_CPU = {
  maxWorkgroupsPerDimension: 65535,
  parallelWorkgroups: 32,
  maxWorkgroupStorage: 32768,
  multiplyAddsPerDispatch: 3e9,
};

/** What adapters offer, for plans and estimates where there is none: a GPU with subgroups of 32, and those tests run on. */
export const TARGETS = {
  gpu: {
    maxWorkgroupsPerDimension: 65535,
    parallelWorkgroups: 512,
    maxWorkgroupStorage: 32768,
    maxInvocationsPerWorkgroup: 1024,
    subgroupSize: 32,
    multiplyAddsPerDispatch: 2.5e11,
    adapter: 'nvidia',
  },
  swiftshader: { ...ON_CPU, maxInvocationsPerWorkgroup: 256, subgroupSize: 4, adapter: 'swiftshader' },
  /** As on processors with AVX2. */
  lavapipe: { ...ON_CPU, maxInvocationsPerWorkgroup: 1024, subgroupSize: 8, adapter: 'llvmpipe' },
} as const satisfies Record<string, Target>;

/** True for the software adapters that tests run on. */
export const computesOnCpu = ({ adapter = '' }: Pick<Target, 'adapter'>): boolean =>
  adapter === 'swiftshader' || adapter === 'llvmpipe';

/**
 * Invocations of a workgroup that meet at barriers. With 64 or 256 the memory of SwiftShader's process grew for hundreds of
 * steps, and an update with 256 took about twice as long as with 16 (measured).
 */
export const barrierLanes = (target: Target, onGpu: number): number => (computesOnCpu(target) ? 16 : onGpu);
