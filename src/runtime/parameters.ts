import { requireObject, requireOneOf, requireWhole, shown } from '../core/check';
import { ShapeError, ValueError } from '../core/errors';
import { uniformInSlices } from '../core/random';
import { formatShape, sameShape, sizeOf, type Shape } from '../core/shape';
import type { Sliced } from '../core/slices';
import { destroyBuffers, writeBuffer } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Graph } from '../graph/graph';
import {
  layoutParameters,
  readParameter,
  writeParameter,
  type ParameterLayout,
  type ParameterPlacement,
  type ParameterSpec,
} from '../graph/parameter_layout';
import { Lifetime } from './lifetime';
import { allocate, readBuffer, storageBuffer } from './buffers';
import { Pauses, withPauses } from './pause';

/** A named tensor outside the GPU, in PyTorch's shape and order. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/**
 * Initial values, all uniform in [-bound, bound) so that they are the same bits everywhere:
 * - `pytorch`: bound 1/sqrt(fan in) for weights and biases, the default of `nn.Conv2d` and `nn.Linear`;
 * - `he`: bound sqrt(6 / fan in) for weights, biases 0 (He et al., "Delving deep into rectifiers", section 2.2);
 * - `xavier`: bound sqrt(6 / (fan in + fan out)), biases 0 (Glorot and Bengio 2010, equation 16).
 */
export type InitialWeights = 'pytorch' | 'he' | 'xavier';

/** Numbers that are handed to the GPU at a stretch. */
const UPLOAD = 2 ** 20;

function* initialValues(spec: ParameterSpec, scheme: InitialWeights, seed: number): Sliced<Float32Array> {
  const count = sizeOf(spec.shape);
  const fanOut = count / spec.fanIn;
  if (scheme === 'pytorch') return yield* uniformInSlices(count, 1 / Math.sqrt(spec.fanIn), seed, spec.name);
  if (spec.kind === 'bias') return new Float32Array(count);
  const variance = scheme === 'he' ? spec.fanIn : spec.fanIn + fanOut;
  return yield* uniformInSlices(count, Math.sqrt(6 / variance), seed, spec.name);
}

/** Numbers that are put in their places at a stretch: a few milliseconds, where each lands far from the one before. */
const SLICE = 2 ** 18;

/** Writes a parameter as `writeParameter` does, some of its outputs after the other: each is a column of the matrix. */
function* writeInSlices(
  placement: ParameterPlacement,
  values: Float32Array,
  flat: Float32Array,
): Sliced<void> {
  const { spec, offset } = placement;
  const [outputs = 1, ...rest] = spec.shape;
  const size = sizeOf(rest);
  const most = Math.max(1, Math.floor(SLICE / size));
  for (let first = 0; first < outputs; first += most) {
    const columns = Math.min(most, outputs - first);
    const slice = {
      ...placement,
      spec: { ...spec, shape: [columns, ...rest] },
      columns,
      offset: offset + first,
    };
    writeParameter(slice, values.subarray(first * size, (first + columns) * size), flat);
    yield;
  }
}

/**
 * The weights of a network: one flat GPU buffer in which each parameter is a named view. Programs that train,
 * evaluate and classify share one; gradients and optimizer state mirror its layout.
 */
export class Parameters {
  readonly engine: Engine;
  readonly layout: ParameterLayout;
  readonly buffer: GPUBuffer;
  readonly #life = new Lifetime();

  private constructor(engine: Engine, layout: ParameterLayout, buffer: GPUBuffer) {
    this.engine = engine;
    this.layout = layout;
    this.buffer = buffer;
  }

  /**
   * Makes the parameters that a graph declares, with initial values.
   * @throws {LimitError | OutOfMemoryError} if they do not fit on the adapter
   */
  static async create(
    engine: Engine,
    graph: Graph,
    { seed = 0, initial = 'pytorch' }: { seed?: number; initial?: InitialWeights } = {},
  ): Promise<Parameters> {
    requireDevice(engine, 'parameters');
    requireObject('parameters', 'the graph', graph, ['parameters']);
    requireWhole('parameters', 'seed', seed, 0, 0xffffffff);
    requireOneOf('parameters', 'initial', initial, ['pytorch', 'he', 'xavier']);
    const layout = layoutParameters([...graph.parameters.values()].map(({ spec }) => spec));
    const { buffer } = await allocate(engine, 'parameters', () => ({
      buffer: storageBuffer(engine, 'parameters', layout.elements * 4),
    }));
    const flat = new Float32Array(layout.elements);
    const pauses = new Pauses();
    for (const placement of layout.placements.values()) {
      const values = await withPauses(initialValues(placement.spec, initial, seed), pauses);
      await withPauses(writeInSlices(placement, values, flat), pauses);
    }
    for (let first = 0; first < flat.length; first += UPLOAD) {
      await pauses.due();
      writeBuffer(engine, buffer, first * 4, flat.subarray(first, first + UPLOAD));
    }
    return new Parameters(engine, layout, buffer);
  }

  /** Names and PyTorch shapes, in the order declared. */
  get specs(): readonly ParameterSpec[] {
    return [...this.layout.placements.values()].map(({ spec }) => spec);
  }

  /** All parameters, read back from the GPU. */
  async readAll(): Promise<Map<string, Tensor & { readonly data: Float32Array<ArrayBuffer> }>> {
    const flat = new Float32Array(await readBuffer(this.engine, this.buffer));
    return new Map(
      [...this.layout.placements].map(([name, placement]) => [
        name,
        { shape: placement.spec.shape, data: readParameter(placement, flat) },
      ]),
    );
  }

  /**
   * Replaces the values of some or all parameters. Nothing is written unless all fit.
   * @throws {ValueError} for a name that the network lacks, or with `complete` for one that `tensors` lacks
   * @throws {ShapeError} naming the parameter and both shapes, or where a tensor's numbers do not fit its shape
   */
  async load(tensors: ReadonlyMap<string, Tensor>, { complete = true } = {}): Promise<void> {
    const given: unknown = tensors;
    if (!(given instanceof Map)) throw new ValueError('weights', 'must be a Map of tensors', shown(given));
    for (const [name, tensor] of tensors) {
      requireObject(name, 'the tensor', tensor, ['shape', 'data']);
      const { shape, data } = tensor;
      const { spec } = this.#placement(name);
      if (!sameShape(shape, spec.shape)) {
        throw new ShapeError(
          name,
          `the network has the shape ${formatShape(spec.shape)}`,
          formatShape(shape),
        );
      }
      const count = sizeOf(shape);
      if (data.length !== count) {
        throw new ShapeError(
          name,
          `needs ${count} numbers for the shape ${formatShape(shape)}`,
          `${data.length}`,
        );
      }
    }
    const missing = [...this.layout.placements.keys()].filter((name) => !tensors.has(name));
    if (complete && missing.length > 0) {
      const more = missing.length > 4 ? ` and ${missing.length - 4} more` : '';
      throw new ValueError('weights', `${missing.slice(0, 4).join(', ')}${more} must be given too`);
    }
    const flat = new Float32Array(await readBuffer(this.engine, this.buffer));
    for (const [name, { data }] of tensors) writeParameter(this.#placement(name), data, flat);
    writeBuffer(this.engine, this.buffer, 0, flat);
  }

  destroy(): void {
    if (this.#life.end()) destroyBuffers(this.engine, [this.buffer]);
  }

  #placement(name: string): ParameterPlacement {
    const placement = this.layout.placements.get(name);
    if (placement) return placement;
    const own = [...this.layout.placements.keys()].slice(0, 4).join(', ');
    throw new ValueError(
      'weights',
      'the network has no parameter of this name',
      name,
      `its names are ${own}, ...`,
    );
  }
}
