import type { AdapterInfo, Engine } from '../gpu/engine';
import { VERSION } from '../core/version';

/** Whose numbers they are: what stands at the head of a bug report. */
export interface AdapterDescription {
  readonly version: string;
  readonly name: string;
  readonly info: AdapterInfo;
  /** It computes on the CPU. */
  readonly software: boolean;
  readonly subgroupSize: number | undefined;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly userAgent: string;
}

/** Those that decide which kernels run, and how. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
] as const;

export const describeAdapter = ({
  adapterName,
  adapterInfo,
  software,
  target,
  device,
}: Engine): AdapterDescription => ({
  version: VERSION,
  name: adapterName,
  info: adapterInfo,
  software,
  subgroupSize: target.subgroupSize,
  features: [...device.features].sort(),
  limits: Object.fromEntries(LIMITS.map((limit) => [limit, device.limits[limit]])),
  userAgent: (globalThis.navigator as Navigator | undefined)?.userAgent ?? 'no browser',
});
