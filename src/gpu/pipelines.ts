import type { ShaderModule } from '../core/shader';
import { ShaderError } from '../core/errors';
import { specialize } from './specialize';

/** What decides a pipeline: an entry point, its overrides, and what is replaced in the file's text. */
export interface PipelineRequest {
  readonly shader: ShaderModule;
  readonly entry: string;
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** See `specialize`. */
  readonly variant?: Readonly<Record<string, number | string>>;
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
  /** By file name: two packages may each have a `scale.wgsl`. */
  readonly #texts = new Map<string, string[]>();
  readonly #compilations = new WeakMap<GPUShaderModule, Promise<GPUCompilationInfo>>();
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
    const key = this.keyOf(request);
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      if (this.#pending++ === 0) this.#started = performance.now();
      pipeline = this.#make(request).finally(() => {
        if (--this.#pending === 0) this.#milliseconds += performance.now() - this.#started;
      });
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /** `pipelineKey`, with a number behind the file where that name has had another text. */
  keyOf(request: PipelineRequest): string {
    const { shader } = request;
    return pipelineKey({ ...request, shader: { ...shader, file: this.#nameOf(shader) } });
  }

  #nameOf({ file, source }: ShaderModule): string {
    const known = this.#texts.get(file) ?? [];
    this.#texts.set(file, known);
    const at = known.indexOf(source);
    const count = at < 0 ? known.push(source) : at + 1;
    // No other file is called so.
    return count === 1 ? file : `${file}\n${count}`;
  }

  async #make(request: PipelineRequest): Promise<GPUComputePipeline> {
    const { shader, entry, constants = {}, variant = {} } = request;
    const label = pipelineKey(request);
    const bindings = shader.entries[entry];
    if (!bindings) {
      const got = Object.keys(shader.entries).join(', ');
      throw new ShaderError(shader.file, `has no entry point ${entry}`, got);
    }
    const unknown = Object.keys(constants).filter((name) => !shader.overrides.includes(name));
    if (unknown.length > 0) {
      const got = shader.overrides.join(', ');
      throw new ShaderError(shader.file, `has no override ${unknown.join(', ')}`, got);
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
    const module = this.#module(shader, variant);
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
      const { messages } = await this.#compilation(module);
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

  /** Asked for once: Chrome never answers when a module that it refused is asked a second time. */
  #compilation(module: GPUShaderModule): Promise<GPUCompilationInfo> {
    const known = this.#compilations.get(module) ?? module.getCompilationInfo();
    this.#compilations.set(module, known);
    return known;
  }

  #module(shader: ShaderModule, variant: Readonly<Record<string, number | string>>): GPUShaderModule {
    const key = `${this.#nameOf(shader)}${listed(variant)}`;
    let module = this.#modules.get(key);
    if (!module) {
      const code = specialize(shader, variant);
      // What is wrong with it is told by the pipeline; here it would be an error that nobody caught.
      this.#device.pushErrorScope('validation');
      module = this.#device.createShaderModule({ label: `${shader.file}${listed(variant)}`, code });
      this.#device.popErrorScope().catch(() => undefined);
      this.#modules.set(key, module);
    }
    return module;
  }
}

/** `{"KERNEL_H":3}` with sorted names; nothing for nothing. */
function listed(values: Readonly<Record<string, number | string | boolean>>): string {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? '' : JSON.stringify(Object.fromEntries(sorted));
}

/** `relu.wgsl{"number":"vec4f"}#forward{"WG":256}`. */
export function pipelineKey({ shader, entry, constants = {}, variant = {} }: PipelineRequest): string {
  return `${shader.file}${listed(variant)}#${entry}${listed(constants)}`;
}
