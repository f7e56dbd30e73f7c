// Joins launches and machine code: what all waves of a layer issue, and how much of it the layer's formula needs.
import { cpus } from 'node:os';
import type { Launch } from '../../src/core/op';
import { EngineError } from '../../src/core/errors';
import { pipelineKey } from '../../src/gpu/pipelines';
import { specialize } from '../../src/gpu/specialize';
import type { Assembly } from './assembly';
import type { Compiler, Source } from './compiler';
import { execute } from './execution';
import type { Counts } from './instructions';
import { describeWork, workgroupSize } from './kernels';
import type { Form, Layer } from './network';

/** A pipeline on a chip. */
export interface CompiledKernel extends Omit<Assembly, 'blocks'> {
  readonly chip: string;
  readonly kernel: string;
  /** True if the rule shipped for GPUs takes it, false if only the tuner may. */
  readonly byRule: boolean;
  /** FMA/VALU of the layers that it computes; undefined if it multiplies nothing. */
  readonly density?: number | undefined;
}

/** Slots and multiply-adds of all lanes of all waves. */
export interface Slots {
  /** Of the layer's formula, padding around planes included. */
  readonly direct: number;
  /** Less those that the kernel does without: taps in the padding, or most of them (Winograd). */
  readonly multiplyAdds: number;
  /** That the machine code does: tiles' overhang and padded channels included. */
  readonly issuedMultiplyAdds: number;
  /** Lanes of vector-ALU instructions, without those of `transforms`. */
  readonly slots: number;
  /** The same of launches that only prepare products, or put their results together. */
  readonly transforms: number;
}

/** A layer in one form on a chip. */
export interface MeasuredLayer extends Slots {
  readonly chip: string;
  readonly label: string;
  readonly form: Form;
  /** Of its launches, the one that multiplies first. */
  readonly kernel: string;
}

export function sourceOf({ shader, entry, constants = {}, variant = {} }: Launch): Source {
  return {
    label: pipelineKey({ shader, entry, constants, variant }),
    source: specialize(shader, variant),
    entry,
    constants: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, Number(value)])),
  };
}

/** Compiles what the launches need, a few pipelines at a time; gives the machine code by the pipelines' names. */
export async function compileAll(
  compiler: Compiler,
  launches: readonly Launch[],
  chip: string,
): Promise<ReadonlyMap<string, Assembly>> {
  const sources = new Map(launches.map((launch) => [pipelineKey(launch), launch]));
  const waiting = [...sources];
  const compiled = new Map<string, Assembly>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [key, launch] = next;
      compiled.set(key, await compiler.compile(sourceOf(launch), chip));
    }
  };
  await Promise.all(cpus().map(work));
  return compiled;
}

/**
 * @throws {EngineError} if the machine code does not come to the multiply-adds that its kernel's description says,
 *   or to less than the formula needs
 */
export function measureLayer(layer: Layer, chip: string, code: ReadonlyMap<string, Assembly>): MeasuredLayer {
  let [issued, slots, transforms, computed] = [0, 0, 0, 1];
  let fewer: number | undefined;
  let kernel: string | undefined;
  for (const launch of layer.launches) {
    const assembly = code.get(pipelineKey(launch)) as Assembly;
    const work = describeWork(launch, assembly.lanes);
    const counts = execution(layer, launch, assembly, work);
    const [x, y, z] = launch.workgroups;
    const lanes = x * y * z * Math.ceil(workgroupSize(launch) / assembly.lanes) * assembly.lanes;
    if (work.transforms) {
      transforms += counts.valu * lanes;
      continue;
    }
    issued += counts.fma * lanes;
    slots += counts.valu * lanes;
    computed = Math.min(computed, work.computed ?? 1);
    if (work.multiplyAdds !== undefined) fewer = (fewer ?? 0) + work.multiplyAdds;
    kernel ??= pipelineKey(launch);
  }
  const multiplyAdds = fewer ?? layer.multiplyAdds * computed;
  if (issued < multiplyAdds * (1 - 1e-9)) {
    throw new EngineError(
      `${layer.label}, ${layer.form}`,
      `must come to ${multiplyAdds} multiply-adds`,
      String(issued),
    );
  }
  return {
    chip,
    label: layer.label,
    form: layer.form,
    kernel: kernel as string,
    direct: layer.multiplyAdds,
    multiplyAdds,
    issuedMultiplyAdds: issued,
    slots,
    transforms,
  };
}

function execution(
  layer: Layer,
  launch: Launch,
  assembly: Assembly,
  work: ReturnType<typeof describeWork>,
): Counts {
  try {
    return execute(assembly, work.loops, work.fma);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const where = `${layer.label}, ${pipelineKey(launch)}`;
    throw new EngineError(where, error.message, undefined, 'see bench/isa/kernels.ts', { cause: error });
  }
}
