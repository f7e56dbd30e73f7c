import { isTyped, requireArray, requireMade, requireObject, shown, typeName } from '../core/check';
import { bytesOf } from '../core/dtype';
import { ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { sameShape, type Shape } from '../core/shape';
import {
  layoutVariables,
  readPlace,
  requireTensor,
  writePlace,
  type FlatLayout,
  type Place,
  type Variable,
} from '../core/variable';
import { destroyBuffers, writeBuffer } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import { trainedVariables } from '../graph/flat';
import { adviceForFlat } from '../graph/memory/limits';
import type { Graph } from '../graph/graph';
import { readBuffer, storageBuffer } from './buffers';
import { Lifetime } from './lifetime';

/** A named tensor outside the GPU, in PyTorch's shape and order. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Tensors by the names of variables. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

/** How `load` takes tensors. */
export interface LoadOptions {
  /**
   * `all`: a tensor for each variable and no other, or an error. `some`: those that fit a variable by name and shape, one at
   * least; the report names what was left out. Default `all`.
   */
  readonly match?: 'all' | 'some';
}

export const LOAD: Rules<LoadOptions> = { match: is.oneOf('all', 'some') };

/** What became of tensors and variables, by name. */
export interface LoadReport {
  readonly loaded: readonly string[];
  /** Variables that no tensor has the name of: they stay as they are. */
  readonly missing: readonly string[];
  /** Tensors that no variable has the name of. */
  readonly unused: readonly string[];
  /** Variables that stay as they are because the tensor of their name has another shape. */
  readonly otherShape: readonly string[];
}

/** Which of these tensors fit which of these variables. */
export function matchTensors(
  declared: readonly Variable[],
  tensors: ReadonlyMap<string, { readonly shape: Shape }>,
): LoadReport {
  const names = new Set(declared.map(({ name }) => name));
  const given = declared.filter(({ name }) => tensors.has(name));
  const fits = ({ name, shape }: Variable): boolean => sameShape(shape, tensors.get(name)?.shape ?? []);
  return {
    loaded: given.filter(fits).map(({ name }) => name),
    missing: [...names].filter((name) => !tensors.has(name)),
    unused: [...tensors.keys()].filter((name) => !names.has(name)),
    otherShape: given.filter((variable) => !fits(variable)).map(({ name }) => name),
  };
}

/** Named tensors in one GPU buffer: variables, their gradients, or what an optimizer keeps of each. */
export class FlatBuffer {
  /** @internal */
  protected readonly life = new Lifetime();

  /** @internal */
  constructor(
    readonly engine: Engine,
    /** @internal */
    readonly layout: FlatLayout,
    readonly buffer: GPUBuffer,
  ) {
    requireMade('Parameters', layout, 'places');
  }

  /** Names, PyTorch shapes and what else was declared, in the order declared. */
  get specs(): readonly Variable[] {
    return [...this.layout.places.values()].map(({ variable }) => variable);
  }

  /**
   * All tensors, read back from the GPU.
   * @throws {ValueError} where it was destroyed; {DeviceLostError}
   */
  async readAll(): Promise<Map<string, Tensor & { readonly data: Float32Array<ArrayBuffer> }>> {
    this.requireAlive('weights.readAll');
    requireDevice(this.engine, 'weights.readAll');
    return this.decode(await readBuffer(this.engine, this.buffer));
  }

  /** The tensors in the buffer's bytes. */
  decode(bytes: ArrayBuffer): Map<string, Tensor & { readonly data: Float32Array<ArrayBuffer> }> {
    const flat = new Float32Array(bytes);
    return new Map(
      [...this.layout.places].map(([name, place]) => [
        name,
        { shape: place.variable.shape, data: readPlace(place, flat) },
      ]),
    );
  }

  /**
   * Replaces the values of all tensors, or of some, after the work submitted so far. Nothing is written where it throws.
   *
   *     const { otherShape } = await parameters.load(pretrained, { match: 'some' }); // such as linear.weight
   *
   * @throws {ValueError} for a name that the network lacks, or one that `tensors` lacks; with `some` where nothing fits
   * @throws {ShapeError} naming the tensor and both shapes, or where its numbers do not fit its shape
   */
  load(tensors: NamedTensors, options: LoadOptions = {}): Promise<LoadReport> {
    return new Promise((resolve) => {
      checkOptions('weights.load', options, LOAD);
      const report = this.check(tensors, options.match);
      this.write(new Map(report.loaded.map((name) => [name, tensors.get(name) as Tensor])));
      resolve(report);
    });
  }

  /**
   * @param where named in errors
   * @throws {ValueError} after `destroy`: what the buffer held is gone; or where it lies on another device than `engine`'s
   */
  requireAlive(where: string, engine = this.engine): void {
    this.life.require(where, this.buffer.label);
    if (engine.device === this.engine.device) return;
    const advice = 'make them on this one';
    throw new ValueError(where, `the ${this.buffer.label} are another engine's`, undefined, advice);
  }

  /**
   * What `load` throws and tells.
   * @param tensors numbers by the names of variables
   * @param match see `LoadOptions.match`
   * @throws {ValueError | ShapeError} naming the first tensor that does not fit
   */
  check(tensors: NamedTensors, match: LoadOptions['match'] = 'all'): LoadReport {
    this.requireAlive('weights.load');
    requireDevice(this.engine, 'weights.load');
    const given: unknown = tensors;
    if (!(given instanceof Map)) throw new ValueError('weights', 'must be a Map of tensors', shown(given));
    for (const [name, tensor] of tensors) requireObject(name, 'the tensor', tensor, ['shape', 'data']);
    const report = matchTensors(this.specs, tensors);
    for (const name of match === 'all' ? tensors.keys() : report.loaded) {
      const tensor = tensors.get(name) as Tensor;
      requireTensor(this.#place(name).variable, tensor);
      if (!isTyped(tensor.data, 'Float32Array'))
        throw new ValueError(name, 'must be given as a Float32Array', typeName(tensor.data));
      const index = tensor.data.findIndex((number) => !Number.isFinite(number));
      if (index >= 0)
        throw new ValueError(name, 'must hold finite numbers', `${shown(tensor.data[index])} at ${index}`);
    }
    if (match === 'all' && report.missing.length > 0)
      throw new ValueError('weights', `${listed(report.missing)} must be given too`);
    if (match === 'some' && report.loaded.length === 0)
      throw new ValueError('weights', NOTHING_FITS, listed([...tensors.keys()]), namesOf(this.specs));
    return report;
  }

  /** Writes tensors that were checked. */
  write(tensors: NamedTensors): void {
    const matrices = new Map<number, Place[]>();
    for (const place of this.layout.places.values()) {
      const { offset } = place.matrix;
      matrices.set(offset, [...(matrices.get(offset) ?? []), place]);
    }
    for (const members of matrices.values()) {
      const given = members.filter(({ variable }) => tensors.has(variable.name));
      const [{ matrix }] = members as [Place];
      const flat = new Float32Array(given.length > 0 ? matrix.elements : 0);
      for (const place of given) {
        const { data } = tensors.get(place.variable.name) as Tensor;
        writePlace({ ...place, offset: place.offset - matrix.offset }, data, flat);
      }
      if (given.length === members.length) this.#upload(matrix.offset, flat);
      // Beside others that stay: row by row.
      else for (const place of given) this.#uploadRows(place, flat);
    }
  }

  #uploadRows({ rows, columns, offset, stride, matrix }: Place, flat: Float32Array<ArrayBuffer>): void {
    for (let row = 0; row < rows; row++) {
      const first = offset + row * stride;
      const inMatrix = first - matrix.offset;
      this.#upload(first, flat.subarray(inMatrix, inMatrix + columns));
    }
  }

  #upload(offset: number, numbers: Float32Array<ArrayBuffer>): void {
    writeBuffer(this.engine, this.buffer, bytesOf(offset), numbers);
  }

  /** Frees the memory. What is destroyed twice stays destroyed. */
  destroy(): void {
    if (this.life.end()) destroyBuffers(this.engine, [this.buffer]);
  }

  #place(name: string): Place {
    const place = this.layout.places.get(name);
    if (place) return place;
    throw new ValueError('weights', 'the network has no variable of this name', name, namesOf(this.specs));
  }
}

export const NOTHING_FITS = 'nothing fits the network by name and shape';

export const namesOf = (declared: readonly Variable[]): string =>
  `its names are ${listed(declared.map(({ name }) => name))}`;

/** The first of these names, and how many there are beside. */
export function listed(names: readonly string[]): string {
  const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
  return `${names.slice(0, 4).map(shortened).join(', ')}${more}`;
}

const shortened = (name: string): string => (name.length > 80 ? `${name.slice(0, 77)}...` : name);

/** @throws {LimitError} naming the largest tensor, if the device cannot bind all of them */
export const flatStorage = (engine: Engine, label: string, layout: FlatLayout): GPUBuffer =>
  storageBuffer(engine, label, bytesOf(layout.elements), { advice: adviceForFlat(layout) });

/**
 * A buffer for the gradients of a graph's trained variables, as `ProgramOptions.gradients` wants it.
 * @param variables default: those whose gradients the graph computes
 * @throws {LimitError} if the device cannot bind it
 */
export function gradientBuffer(engine: Engine, graph: Graph, variables?: readonly Variable[]): FlatBuffer {
  requireDevice(engine, 'gradientBuffer');
  requireObject('gradientBuffer', 'the graph', graph, ['variables', 'gradients']);
  const own =
    variables === undefined
      ? trainedVariables(graph)
      : requireArray('gradientBuffer', 'variables', variables);
  const layout = layoutVariables(own);
  return new FlatBuffer(engine, layout, flatStorage(engine, 'gradients', layout));
}
