import { requireObject } from '../core/check';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { bytesOf } from '../core/dtype';
import { scatter } from '../core/order';
import { uniform } from '../core/random';
import { sizeOf } from '../core/shape';
import type { Sliced } from '../core/slices';
import { axesOf, layoutVariables, type Variable } from '../core/variable';
import { writeBuffer } from '../gpu/commands';
import { requireDevice, type Engine } from '../gpu/engine';
import type { Graph } from '../graph/graph';
import { allocate, orDestroy } from './buffers';
import { FlatBuffer, flatStorage } from './flat_buffer';
import { Pauses, withPauses } from './pause';

/**
 * How initial values are drawn, all uniform in [-bound, bound) so that they are the same bits everywhere:
 * - `pytorch`: bound 1/sqrt(fan in) for weights and biases, the default of `nn.Conv2d` and `nn.Linear`;
 * - `he`: bound sqrt(6 / fan in) for weights, biases 0 (He et al., "Delving deep into rectifiers", section 2.2);
 * - `xavier`: bound sqrt(6 / (fan in + fan out)), biases 0 (Glorot and Bengio 2010, equation 16).
 */
export type InitialWeights = 'pytorch' | 'he' | 'xavier';

export const INITIAL = is.oneOf('pytorch', 'he', 'xavier');

/** How new weights are drawn. */
export interface ParametersOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Default `pytorch`. */
  readonly initial?: InitialWeights;
}

const OPTIONS: Rules<ParametersOptions> = { seed: is.seed, initial: INITIAL };

/** Numbers that are drawn at a stretch, a few milliseconds; a multiple of 4. */
const DRAW = 2 ** 16;

/** Numbers that are handed to the GPU at a stretch. */
const UPLOAD = 2 ** 20;

function* initialValues(
  { name, shape, initial }: Variable,
  scheme: InitialWeights,
  seed: number,
): Sliced<Float32Array> {
  const count = sizeOf(shape);
  const values = new Float32Array(count);
  if (typeof initial === 'number') return values.fill(initial);
  const { draw, fanIn } = initial;
  if (scheme !== 'pytorch' && draw === 'bias') return values;
  const bound = {
    pytorch: 1 / Math.sqrt(fanIn),
    he: Math.sqrt(6 / fanIn),
    xavier: Math.sqrt(6 / (fanIn + count / fanIn)),
  }[scheme];
  for (let from = 0; from < count; from += DRAW) {
    values.set(uniform(Math.min(DRAW, count - from), bound, seed, name, from), from);
    yield;
  }
  return values;
}

/**
 * The variables of a network, weights above all: one flat GPU buffer in which each is a named view. Programs that train,
 * evaluate and classify share one.
 */
export class Parameters extends FlatBuffer {
  /**
   * Makes the variables that a graph declares, with initial values.
   * @throws {LimitError | OutOfMemoryError} if they do not fit on the adapter
   */
  static async create(engine: Engine, graph: Graph, options: ParametersOptions = {}): Promise<Parameters> {
    requireDevice(engine, 'parameters');
    requireObject('parameters', 'the graph', graph, ['variables']);
    checkOptions('parameters', options, OPTIONS);
    const { seed = 0, initial = 'pytorch' } = options;
    const layout = layoutVariables([...graph.variables.values()].map(({ variable }) => variable));
    const { buffer } = await allocate(engine, 'parameters', () => ({
      buffer: flatStorage(engine, 'variables', layout),
    }));
    const fill = async (): Promise<void> => {
      // Within: a page may have no room for as much.
      const flat = new Float32Array(layout.elements);
      const pauses = new Pauses();
      for (const place of layout.places.values()) {
        const values = await withPauses(initialValues(place.variable, initial, seed), pauses);
        await withPauses(scatter(axesOf(place), values, flat, place.offset), pauses);
      }
      for (let first = 0; first < flat.length; first += UPLOAD) {
        await pauses.due();
        writeBuffer(engine, buffer, bytesOf(first), flat.subarray(first, first + UPLOAD));
      }
    };
    await orDestroy(engine, fill, [buffer]);
    return new Parameters(engine, layout, buffer);
  }
}
