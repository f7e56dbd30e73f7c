import { pipelineKey, type PipelineRequest } from '../../src/gpu/pipelines';
import { Counters } from '../../src/gpu/commands';
import type { Engine } from '../../src/gpu/engine';
import { assumedPace } from '../../src/gpu/pace';
import type { Target } from '../../src/core/op';
import { TARGETS } from '../../src/core/targets';

/** WebGPU's numbers; Node has none. */
const USAGES = {
  GPUBufferUsage: {
    MAP_READ: 1,
    MAP_WRITE: 2,
    COPY_SRC: 4,
    COPY_DST: 8,
    INDEX: 16,
    VERTEX: 32,
    UNIFORM: 64,
    STORAGE: 128,
    INDIRECT: 256,
    QUERY_RESOLVE: 512,
  },
  GPUMapMode: { READ: 1, WRITE: 2 },
};

const none = (): undefined => undefined;
const nothing = { setPipeline: none, setBindGroup: none, dispatchWorkgroups: none, end: none };

/** What a fake device says of a buffer that is being made. */
export type Fault = 'out-of-memory' | 'validation';

export type DeviceCall = 'createBuffer' | 'createBindGroup' | 'writeBuffer' | 'createComputePipelineAsync';

export interface FakeEngine {
  readonly engine: Engine;
  /** All that was made and is not destroyed: label and bytes. */
  readonly buffers: ReadonlyMap<object, { readonly label: string; readonly size: number }>;
  /** Bytes of these. */
  allocated(): number;
  /** Error scopes that are open. */
  scopes(): number;
}

/**
 * An engine whose device computes nothing, but keeps account of buffers, and fails on those that `faultOf` names as a
 * real one does: the buffer is made, and the innermost scope for such faults tells of it.
 */
export function fakeEngine({
  faultOf = () => undefined,
  onCall = () => undefined,
  limits = {},
  target = TARGETS.gpu,
}: {
  readonly faultOf?: (label: string) => Fault | undefined;
  /** Told of each call of the device that makes or writes something, before it does; it may throw. */
  readonly onCall?: (call: DeviceCall) => void;
  readonly limits?: Partial<Record<'maxBufferSize' | 'maxStorageBufferBindingSize', number>>;
  readonly target?: Target;
} = {}): FakeEngine {
  for (const [name, numbers] of Object.entries(USAGES)) {
    if (!(name in globalThis)) Reflect.set(globalThis, name, numbers);
  }
  const buffers = new Map<object, { label: string; size: number }>();
  const scopes: { readonly filter: GPUErrorFilter; error: { message: string } | null }[] = [];
  const device = {
    limits: {
      maxBufferSize: 2 ** 31,
      maxStorageBufferBindingSize: 2 ** 31,
      maxComputeWorkgroupsPerDimension: 65535,
      ...limits,
    },
    pushErrorScope: (filter: GPUErrorFilter) => void scopes.push({ filter, error: null }),
    popErrorScope: () => Promise.resolve(scopes.pop()?.error ?? null),
    createBuffer: ({ label = '', size }: GPUBufferDescriptor) => {
      onCall('createBuffer');
      const fault = faultOf(label);
      const scope = scopes.findLast(({ filter }) => filter === fault);
      if (fault) {
        if (!scope) throw new Error(`nobody would hear that ${label} fails`);
        scope.error ??= { message: `${label} failed` };
      }
      const buffer = {
        label,
        size,
        destroy: () => buffers.delete(buffer),
        mapAsync: () => Promise.resolve(),
        getMappedRange: () => new ArrayBuffer(size),
      };
      buffers.set(buffer, { label, size });
      return buffer;
    },
    createBindGroup: () => (onCall('createBindGroup'), {}),
    createCommandEncoder: () => ({ beginComputePass: () => nothing, copyBufferToBuffer: none, finish: none }),
    queue: {
      writeBuffer: () => onCall('writeBuffer'),
      submit: none,
      onSubmittedWorkDone: () => Promise.resolve(),
    },
    features: new Set(),
  };
  const engine = {
    device,
    target,
    counters: new Counters(),
    pace: assumedPace(false),
    adapterName: 'fake',
    software: false,
    pipelines: {
      keyOf: (request: PipelineRequest) => pipelineKey(request),
      // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must reject, not throw
      get: async () => {
        onCall('createComputePipelineAsync');
        return { getBindGroupLayout: () => ({}) };
      },
    },
    lostReason: () => undefined,
    takeRefusal: () => undefined,
    destroy: () => undefined,
  };
  return {
    engine: engine as unknown as Engine,
    buffers,
    allocated: () => [...buffers.values()].reduce((sum, { size }) => sum + size, 0),
    scopes: () => scopes.length,
  };
}
