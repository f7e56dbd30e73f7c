import type { ShaderModule } from '../core/shader';
import { ShaderError } from '../core/errors';
import { specialize } from './specialize';

/** What decides a pipeline: an entry point and its overrides. */
export interface PipelineRequest {
  readonly shader: ShaderModule;
  readonly entry: string;
  readonly constants?: Readonly<Record<string, number | boolean>>;
}

export interface PipelineStatistics {
  /** Pipelines made so far. */
  readonly count: number;
  /** Milliseconds from the first request of a batch to its last pipeline, summed over batches. */
  readonly milliseconds: number;
}

/** Makes each pipeline once, asynchronously; requests for one that is being made share it. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #modules = new Map<string, GPUShaderModule>();
  #milliseconds = 0;
  #pending = 0;
  #started = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get statistics(): PipelineStatistics {
    return { count: this.#pipelines.size, milliseconds: this.#milliseconds };
  }

  /** @throws {ShaderError} with the driver's messages and their lines, if it refuses the shader */
  get(request: PipelineRequest): Promise<GPUComputePipeline> {
    const key = pipelineKey(request);
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      if (this.#pending++ === 0) this.#started = performance.now();
      pipeline = this.#make(request, key).finally(() => {
        if (--this.#pending === 0) this.#milliseconds += performance.now() - this.#started;
      });
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  async #make(
    { shader, entry, constants = {} }: PipelineRequest,
    label: string,
  ): Promise<GPUComputePipeline> {
    const bindings = shader.entries[entry];
    if (!bindings) {
      throw new ShaderError(
        shader.file,
        `has no entry point ${entry}`,
        Object.keys(shader.entries).join(', '),
      );
    }
    const unknown = Object.keys(constants).filter((name) => !shader.overrides.includes(name));
    if (unknown.length > 0) {
      throw new ShaderError(
        shader.file,
        `has no override ${unknown.join(', ')}`,
        shader.overrides.join(', '),
      );
    }
    const types = { uniform: 'uniform', read: 'read-only-storage', read_write: 'storage' } as const;
    const layout = this.#device.createBindGroupLayout({
      label,
      entries: Object.values(bindings).map(({ binding, access }) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: types[access] },
      })),
    });
    const module = this.#module(shader);
    try {
      return await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: {
          module,
          entryPoint: entry,
          constants: Object.fromEntries(
            Object.entries(constants).map(([name, value]) => [name, Number(value)]),
          ),
        },
      });
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const lines = messages.map(
        ({ lineNum, linePos, message }) => `${shader.file}:${lineNum}:${linePos}: ${message}`,
      );
      throw new ShaderError(
        label,
        'the driver refuses this shader',
        [...lines, String(cause)].join('\n'),
        undefined,
        {
          cause,
        },
      );
    }
  }

  #module(shader: ShaderModule): GPUShaderModule {
    let module = this.#modules.get(shader.file);
    if (!module) {
      module = this.#device.createShaderModule({ label: shader.file, code: specialize(shader, {}) });
      this.#modules.set(shader.file, module);
    }
    return module;
  }
}

/** `conv2d.wgsl#forward?{"KERNEL_H":3}`, with sorted names. */
export function pipelineKey({ shader, entry, constants = {} }: PipelineRequest): string {
  const sorted = Object.entries(constants).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${shader.file}#${entry}?${JSON.stringify(Object.fromEntries(sorted))}`;
}
