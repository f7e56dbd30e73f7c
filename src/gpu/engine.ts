import type { Target } from '../core/op';
import { requireFunction, requireObject } from '../core/check';
import { DeviceLostError, GpuError, NoAdapterError, ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { Counters } from './commands';
import { assumedPace, type Pace } from './pace';
import { Pipelines } from './pipelines';

/** How an engine is opened. */
export interface EngineOptions {
  /** An adapter that you chose; default: the browser's. */
  readonly adapter?: GPUAdapter;
  /** A device of that adapter that you made and share with us; we then never destroy it. */
  readonly device?: GPUDevice;
  /**
   * Names one of the candidate kernels for a problem, or gives undefined for the engine's own choice. `byTable` makes it
   * from what `tune` found, `byName` forces a kernel or a family of kernels.
   */
  readonly choose?: Target['choose'];
}

const OPTIONS: Rules<EngineOptions> = {
  adapter: is.having('requestDevice', 'info'),
  device: is.having('queue', 'limits'),
  choose: is.callable,
};

/** What the browser tells of the adapter. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly subgroupMinSize: number | undefined;
  readonly subgroupMaxSize: number | undefined;
}

/** A device and what the engine keeps for it. Several programs share one. */
export interface Engine {
  readonly device: GPUDevice;
  /** Name of the adapter, to stand beside every figure. */
  readonly adapterName: string;
  /** Its parts, with the sizes of its subgroups where the browser tells. */
  readonly adapterInfo: AdapterInfo;
  /** True for adapters that compute on the CPU, such as SwiftShader and llvmpipe. */
  readonly software: boolean;
  /** @internal What decides how much goes into a dispatch, and into a submit before one was timed. */
  readonly pace: Pace;
  /** @internal */
  readonly pipelines: Pipelines;
  /** What it had the device do so far. */
  readonly counters: Counters;
  readonly target: Target;
  /** Set once the device is lost. */
  readonly lostReason: () => string | undefined;
  /** @internal The first command that the device refused or could not do since this was asked last, if it is the engine's own. */
  readonly takeRefusal: () => string | undefined;
  /** Ends the device, if the engine opened it, and all that was made on it. */
  destroy(): void;
}

/**
 * The same engine, but for which kernels its programs get from now on; it need not be destroyed apart.
 * @param choose gives the name of a kernel for a problem, or undefined for the default
 * @throws {ValueError} unless it is given an engine and a function
 */
export function withChoice(engine: Engine, choose: NonNullable<Target['choose']>): Engine {
  requireObject('withChoice', 'the engine', engine, ['target']);
  requireFunction('withChoice', 'choose', choose);
  return { ...engine, target: { ...engine.target, choose } };
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** Why a device is gone whose engine was destroyed. */
const DESTROYED = 'destroyed';

const FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups'];

/**
 * Opens a GPU device with the adapter's own limits.
 * @throws {NoAdapterError} where WebGPU is missing or has no adapter
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions<EngineOptions>('openEngine', options, OPTIONS);
  const device = options.device ?? (await requestDevice(options.adapter ?? (await findAdapter())));
  // Browsers that do not tell a device's adapter have to be asked for one.
  const given = device as Partial<Pick<GPUDevice, 'adapterInfo'>>;
  const info = given.adapterInfo ?? (options.adapter ?? (await findAdapter())).info;
  // Copied: the parts of the browser's own object are not its own properties.
  const { vendor, architecture, device: model, description, subgroupMinSize, subgroupMaxSize } = info;
  const adapterName = [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed adapter';
  // Firefox names no adapter, but tells one that stands in for a GPU.
  const software =
    info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software|\bcpu\b/i.test(adapterName);
  const pace = assumedPace(software);
  let lost: string | undefined;
  void device.lost.then(({ reason, message }) => {
    lost ??= `${reason}: ${message}`;
  });
  let refusal: string | undefined;
  // The errors of a device that somebody shares with us may be theirs.
  if (!options.device) {
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      refusal ??= event.error.message;
    });
  }
  return {
    device,
    adapterName,
    adapterInfo: { vendor, architecture, device: model, description, subgroupMinSize, subgroupMaxSize },
    software,
    pace,
    pipelines: new Pipelines(device),
    counters: new Counters(),
    target: {
      maxWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
      // A CPU runs workgroups on a few threads; a GPU needs several for each of its dozens of cores.
      parallelWorkgroups: software ? 32 : 512,
      multiplyAddsPerDispatch: pace.submitSeconds * pace.multiplyAdds,
      maxWorkgroupStorage: device.limits.maxComputeWorkgroupStorageSize,
      maxInvocationsPerWorkgroup: device.limits.maxComputeInvocationsPerWorkgroup,
      subgroupSize: subgroupSize(info, device),
      adapter: adapterFamily(adapterName),
      ...(options.choose && { choose: options.choose }),
    },
    lostReason: () => lost,
    takeRefusal() {
      const taken = refusal;
      refusal = undefined;
      return taken;
    },
    destroy() {
      lost = DESTROYED;
      if (!options.device) device.destroy();
    },
  };
}

/** Lanes of a subgroup, if the device has subgroups and they cannot be of several sizes. */
function subgroupSize(info: GPUAdapterInfo, { features }: GPUDevice): number | undefined {
  const { subgroupMinSize, subgroupMaxSize } = info;
  return features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : undefined;
}

/** `swiftshader` or `llvmpipe` for the adapters that tests run on, else the first word: a GPU's vendor. */
function adapterFamily(adapterName: string): string {
  const software = /swiftshader|llvmpipe/i.exec(adapterName);
  return (software?.[0] ?? adapterName.split(' ')[0] ?? '').toLowerCase();
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      label: 'inception-webgpu',
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (cause) {
    const advice = 'request another adapter: each gives one device';
    throw new NoAdapterError('openEngine', 'the adapter gives no device', String(cause), advice, { cause });
  }
}

async function findAdapter(): Promise<GPUAdapter> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) {
    const advice =
      'use a recent Chrome, Edge, Firefox or Safari, on https or localhost; in Node inception-webgpu/node';
    throw new NoAdapterError('WebGPU', 'is not offered here (navigator.gpu is missing)', undefined, advice);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter) return adapter;
  const advice =
    'on Linux start Chrome with --enable-unsafe-webgpu, or install a Vulkan driver (mesa-vulkan-drivers)';
  throw new NoAdapterError('WebGPU', 'the browser has no adapter', 'null', advice);
}

/** Whether its own `destroy` ended this engine, which is no loss of the device. */
export const wasDestroyed = (engine: Engine): boolean => engine.lostReason() === DESTROYED;

/**
 * @throws {DeviceLostError} if the device is gone, instead of work that silently does nothing
 * @throws {GpuError} once after a command that the device refused: what was computed since may be wrong
 */
export function requireDevice(engine: Engine, where: string): void {
  requireObject(where, 'the engine', engine, ['device', 'pipelines', 'target', 'lostReason', 'takeRefusal']);
  const reason = engine.lostReason();
  if (wasDestroyed(engine)) {
    throw new ValueError(where, 'the engine was destroyed', undefined, 'open a new one');
  }
  if (reason !== undefined) {
    const advice = 'open a new engine and load the weights again';
    throw new DeviceLostError(where, 'the GPU device was lost', reason, advice);
  }
  const refusal = engine.takeRefusal();
  if (refusal !== undefined) {
    const advice = 'results since may be wrong: go on from a checkpoint, and report this';
    throw new GpuError(where, 'the GPU refused an earlier command', refusal, advice);
  }
}
