import type { Value } from '../core/op';
import { requireMade } from '../core/check';
import { ValueError } from '../core/errors';
import { checkOptions, type Rules } from '../core/options';
import * as is from '../core/rules';
import { requireDevice, type Engine } from '../gpu/engine';
import { FUSE, type FuseOptions } from '../graph/fuse_options';
import { orDestroy } from '../runtime/buffers';
import { gradientBuffer, type FlatBuffer, type Tensor } from '../runtime/flat_buffer';
import { Lifetime } from '../runtime/lifetime';
import type { Parameters } from '../runtime/parameters';
import { Program } from '../runtime/program';
import type { Inputs, Labels, Images } from './check';
import { addLosses, checkBatch, NETWORK, OUTPUTS, type Network } from './losses';

/** A network, its weights, and what gradients are wanted of. */
export interface LossGradientsOptions extends Network {
  readonly parameters: Parameters;
  /** Names of inputs, layers and variables. */
  readonly of: readonly string[];
  /** See `ProgramOptions.fuse`. */
  readonly fuse?: FuseOptions;
}

const OPTIONS: Rules<LossGradientsOptions> = {
  ...OUTPUTS,
  ...NETWORK,
  parameters: is.needed(is.having('buffer', 'layout')),
  of: is.needed(is.list(is.text)),
  fuse: FUSE,
};

/** Of a batch. */
export interface LossGradientsFound {
  /** Mean of each head's loss. */
  readonly losses: Readonly<Record<string, number>>;
  /** Gradients of the heads' weighted sum, by name, in the shape and order of what they are of. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/**
 * Computes gradients of a network's losses, those that it is asked for and no others; no optimizer keeps anything. Dropout
 * drops nothing.
 *
 *     const gradients = await LossGradients.create(engine, { graph, images, heads, parameters, of: ['images'] });
 *     const { images: saliency } = (await gradients.run(images, labels)).gradients;
 */
export class LossGradients {
  readonly program: Program;
  readonly #options: LossGradientsOptions;
  readonly #buffer: FlatBuffer;
  /** In the order of the heads. */
  readonly #losses: readonly Value[];
  readonly #life = new Lifetime();

  private constructor(
    options: LossGradientsOptions,
    program: Program,
    buffer: FlatBuffer,
    losses: readonly Value[],
  ) {
    requireMade('LossGradients', program, 'plan');
    this.program = program;
    this.#options = options;
    this.#buffer = buffer;
    this.#losses = losses;
  }

  /** @throws {ValueError | ShapeError | LimitError | OutOfMemoryError} such as for a name on which no loss depends */
  static async create(engine: Engine, options: LossGradientsOptions): Promise<LossGradients> {
    requireDevice(engine, 'gradients');
    checkOptions('gradients', options, OPTIONS);
    const { parameters, of, fuse = true } = options;
    parameters.requireAlive('gradients', engine);
    const network = { ...options, graph: options.graph.forClassifying() };
    const { graph, losses } = addLosses(network, 1, [], of);
    const wanted = of.map((name) => graph.value(name));
    const found = wanted.flatMap((value) => graph.gradients.get(value) ?? []);
    const without = wanted.find((value) => !graph.gradients.has(value));
    if (without) throw new ValueError('gradients', 'no loss depends on it', without.label);
    const gradients = gradientBuffer(engine, graph);
    const keep = [...losses, ...found];
    const create = () => Program.create(engine, graph, { parameters, gradients, keep, fuse });
    const program = await orDestroy(engine, create, [gradients.buffer]);
    return new LossGradients({ ...options, graph }, program, gradients, losses);
  }

  /**
   * @param images of the graph's batch, as `Trainer.step` takes them
   * @param labels a class number for each image, or what else the loss takes
   * @param inputs what else the graph reads, by name
   * @throws {ValueError | ShapeError} for images, labels or inputs that do not fit
   */
  async run(images: Images, labels: Labels, inputs: Inputs = {}): Promise<LossGradientsFound> {
    const where = 'gradients.run';
    this.#life.require(where);
    const { heads, of } = this.#options;
    const batch = checkBatch(where, this.#options, { images, labels, inputs });
    for (const [name, data] of Object.entries(batch)) this.program.write(name, data);
    this.program.run();
    const { graph } = this.program;
    // Both are asked for before anything else may run.
    const [losses, gradients] = await Promise.all([
      this.program.readAll(this.#losses),
      this.program.readAll(of, 'grad'),
    ]);
    const tensor = (name: string, index: number): Tensor => ({
      shape: graph.value(name).shape,
      data: gradients[index] as Float32Array,
    });
    return {
      losses: Object.fromEntries(heads.map(({ name }, index) => [name, losses[index]?.[0] ?? NaN])),
      gradients: Object.fromEntries(of.map((name, index) => [name, tensor(name, index)])),
    };
  }

  /** Frees what this alone owns; the parameters stay. */
  destroy(): void {
    if (!this.#life.end()) return;
    this.program.destroy();
    this.#buffer.destroy();
  }
}
