// Joins launches and machine code: what all waves of a layer issue, and how much of it the layer's formula needs.
import type { Launch } from '../../src/core/op';
import { EngineError } from '../../src/core/errors';
import { pipelineKey } from '../../src/gpu/pipelines';
import { specialize } from '../../src/gpu/specialize';
import type { Driver, Source } from './driver';
import { execute } from './execution';
import type { Family } from './families';
import { describeWork, workgroupSize } from './kernels';
import type { Form, Layer } from './network';
import { NONE, plus, type Counts, type Program } from './program';

/** A launch's pipeline by name, without the quotes of its constants. */
export const kernelName = (launch: Launch): string => pipelineKey(launch).replaceAll('"', '');

export type Programs = ReadonlyMap<string, Program>;

/** A layer in one form: what all its lanes do. */
export interface MeasuredLayer {
  readonly label: string;
  readonly form: Form;
  /** All that it launches, the one that multiplies first. */
  readonly kernels: readonly string[];
  /** Of the layer's formula, padding around planes included. */
  readonly direct: number;
  /** Less those that the kernel does without: taps in the padding, or most of them (Winograd). */
  readonly multiplyAdds: number;
  /** Tiles' overhang and padded channels included; without launches that only prepare products. */
  readonly issued: Counts;
  /** Turns of the ALU of launches that only prepare products, or put their results together. */
  readonly transforms: number;
}

export const sourceOf = ({ shader, entry, constants = {}, variant = {} }: Launch): Source => ({
  label: pipelineKey({ shader, entry, constants, variant }),
  source: specialize(shader, variant),
  entry,
  constants: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, Number(value)])),
});

/** Pipelines that are compiled at once: a driver's compiler runs on one core. */
const AT_ONCE = 2;

/** Compiles what the launches need; gives the programs by the pipelines' names. */
export async function compileAll(
  driver: Driver,
  launches: readonly Launch[],
  family: Family,
): Promise<Programs> {
  const waiting = [...new Map(launches.map((launch) => [kernelName(launch), launch]))];
  const programs = new Map<string, Program>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      programs.set(next[0], await driver.compile(sourceOf(next[1]), family));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return programs;
}

/**
 * @throws {EngineError} if the machine code does not come to the multiply-adds that its kernel's description says,
 *   or to less than the formula needs
 */
export function measureLayer(layer: Layer, programs: Programs): MeasuredLayer {
  let [issued, transforms, computed] = [NONE, 0, 1];
  let fewer: number | undefined;
  const kernels: string[] = [];
  for (const launch of layer.launches) {
    const { blocks, lanes } = programs.get(kernelName(launch)) as Program;
    const work = describeWork(launch, lanes);
    const counts = executeLaunch(layer, launch, () => execute(blocks, work.loops, work.fma));
    const all = launch.workgroups.reduce((a, b) => a * b) * Math.ceil(workgroupSize(launch) / lanes) * lanes;
    if (work.transforms) {
      transforms += counts.alu * all;
      kernels.push(kernelName(launch));
      continue;
    }
    issued = plus(issued, counts, all);
    computed = Math.min(computed, work.computed ?? 1);
    if (work.multiplyAdds !== undefined) fewer = (fewer ?? 0) + work.multiplyAdds;
    if (work.fma) kernels.unshift(kernelName(launch));
    else kernels.push(kernelName(launch));
  }
  const { label, form, multiplyAdds: direct } = layer;
  const multiplyAdds = fewer ?? direct * computed;
  if (issued.fma < multiplyAdds * (1 - 1e-9)) {
    throw new EngineError(`${label}, ${form}`, `must come to ${multiplyAdds} multiply-adds`, `${issued.fma}`);
  }
  return { label, form, kernels: [...new Set(kernels)], direct, multiplyAdds, issued, transforms };
}

function executeLaunch(layer: Layer, launch: Launch, run: () => Counts): Counts {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const where = `${layer.label}, ${kernelName(launch)}`;
    throw new EngineError(where, error.message, undefined, 'see bench/isa/kernels.ts', { cause: error });
  }
}

/** Layers taken together. */
export interface Sum {
  /**
   * The one meaning of share: multiply-adds of the formulas, of all that the ALUs take turns for. It is the harmonic mean of
   * the layers' shares, weighted by multiply-adds: a layer that takes twice the turns for its own counts twice.
   */
  readonly share: number;
  /** Its first factor: multiply-adds of the formulas, of those that are issued. */
  readonly tiles: number;
  /** The layers' arithmetic mean with the same weights, which flatters where few layers are bad. */
  readonly mean: number;
  /** Numbers loaded from buffers, and from workgroup memory, for each multiply-add of the formulas. */
  readonly buffer: number;
  readonly shared: number;
  /** Turns of the ALU, those of transforms included, for each multiply-add of the formulas that spares none. */
  readonly turns: number;
}

export function sumOf(layers: readonly MeasuredLayer[]): Sum {
  const total = (of: (layer: MeasuredLayer) => number): number =>
    layers.reduce((sum, layer) => sum + of(layer), 0);
  const needed = total(({ multiplyAdds }) => multiplyAdds);
  const alu = total(({ issued }) => issued.alu);
  return {
    share: needed / alu,
    tiles: needed / total(({ issued }) => issued.fma),
    mean: total(({ multiplyAdds, issued }) => (multiplyAdds * multiplyAdds) / issued.alu) / needed,
    buffer: total(({ issued }) => issued.buffer) / needed,
    shared: total(({ issued }) => issued.shared) / needed,
    turns: (alu + total(({ transforms }) => transforms)) / total(({ direct }) => direct),
  };
}
