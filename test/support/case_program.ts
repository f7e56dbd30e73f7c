import type { Value } from '../../src/core/op';
import { rowsOf } from '../../src/core/rows';
import type { Engine } from '../../src/gpu/engine';
import type { Graph } from '../../src/graph/graph';
import type { Margins } from '../../src/graph/layout';
import { caseArrays, caseStep, type OpCase } from '../../src/ops/cases/support/op_case';
import { readBuffer } from '../../src/runtime/buffers';
import { gradientBuffer, type FlatBuffer } from '../../src/runtime/flat_buffer';
import { Parameters } from '../../src/runtime/parameters';
import { Program } from '../../src/runtime/program';
import { singleOpGraph } from '../../src/runtime/single_op';
import { fromMemory } from '../../src/runtime/transfer';

/**
 * Where the tensors of a case lie: by themselves, or as channels of larger ones, at offsets and strides that are
 * multiples of 4, or at none that are. Each tensor has margins of its own, so that no two can be taken for each other.
 */
export type Lying = 'alone' | 'inside, in vectors' | 'inside, odd';

const marginsOf = (lying: Lying, number: number): Margins | undefined => {
  if (lying === 'alone') return undefined;
  if (lying === 'inside, in vectors')
    return { before: 4 * (1 + (number % 3)), after: 4 * (1 + (number % 4)) };
  return { before: 1 + 2 * (number % 3), after: 2 + 2 * (number % 4) };
};

/**
 * NaNs whose bits no arithmetic produces: what is not written shows, and so does what is read or written too far. Each
 * buffer has its own, because a sum or a copy of a NaN has the NaN's bits: it would look like what was there before.
 */
const poisonOf = (buffer: number): number => 0x7fc0dead + buffer;
const GUARD_BYTES = 256;

/** A case on a device, in memory that is poisoned wherever its tensors are not. */
export class CaseProgram {
  readonly #engine: Engine;
  readonly #case: OpCase;
  readonly #outputs: Readonly<Record<string, Value>>;
  readonly program: Program;
  readonly #parameters: Parameters;
  readonly #gradients: FlatBuffer;

  private constructor(
    engine: Engine,
    opCase: OpCase,
    outputs: Readonly<Record<string, Value>>,
    program: Program,
    parameters: Parameters,
    gradients: FlatBuffer,
  ) {
    this.#engine = engine;
    this.#case = opCase;
    this.#outputs = outputs;
    this.program = program;
    this.#parameters = parameters;
    this.#gradients = gradients;
  }

  static async create(engine: Engine, opCase: OpCase, lying: Lying): Promise<CaseProgram> {
    const { op, attrs, inputs, gradients } = opCase;
    const beside = marginsOf(lying, 0);
    const options = { inputs, gradients, ...(beside && { beside }) };
    const { graph, outputs } = singleOpGraph(op, attrs as never, options);
    const parameters = await Parameters.create(engine, graph);
    const trained = parameters.specs.filter(({ trainable }) => trainable);
    const flat = gradientBuffer(engine, graph, trained);
    const program = await Program.create(engine, graph, {
      parameters,
      gradients: flat,
      keep: 'all',
      guardBytes: GUARD_BYTES,
      margins: ({ id }) => marginsOf(lying, id) as Margins,
    });
    const made = new CaseProgram(engine, opCase, outputs, program, parameters, flat);
    made.#loadWeights();
    return made;
  }

  /** Poisons all memory, writes the inputs and runs. Outputs by name, gradients as `dx`. */
  async run(): Promise<Record<string, Float32Array | Uint32Array>> {
    const { program } = this;
    const { queue } = this.#engine.device;
    const memory = program.slots.map((slot, index) => poison(slot, index));
    const given = caseArrays(this.#case);
    for (const [name, value] of program.graph.inputs)
      this.#write(memory, value, given[name] ?? new Float32Array());
    memory.forEach((words, index) => queue.writeBuffer(program.slots[index] as GPUBuffer, 0, words));
    const { buffer } = this.#gradients;
    queue.writeBuffer(buffer, 0, poison(buffer, memory.length));
    program.run({ step: caseStep(this.#case) });
    const results: Record<string, Float32Array | Uint32Array> = {};
    for (const [name, value] of Object.entries(this.#outputs)) results[name] = await program.read(value);
    for (const name of this.#case.gradients) results[`d${name}`] = await program.read(name, 'grad');
    return results;
  }

  /** Words that a kernel changed beside, before or behind tensors. */
  async countTouched(): Promise<number> {
    const { program } = this;
    const allowed = program.slots.map(({ size }) => new Uint8Array(size / 4));
    for (const value of valuesOf(program.graph)) {
      const { slot, own, padding } = this.#places(value);
      for (const word of own) allowed[slot]![word] = 1;
      for (const word of padding) allowed[slot]![word] = 1;
    }
    for (const { kind, home, bytes } of program.plan.tenants) {
      const { offset } = home;
      if (kind === 'scratch')
        allowed[home.buffer as number]?.fill(1, offset / 4, (offset + bytes - GUARD_BYTES) / 4);
    }
    let touched = 0;
    for (const [index, slot] of program.slots.entries()) {
      const words = new Uint32Array(await readBuffer(this.#engine, slot));
      touched += words.filter((word, at) => word !== poisonOf(index) && !allowed[index]![at]).length;
    }
    return touched + (await this.#countTouchedGradients());
  }

  destroy(): void {
    this.program.destroy();
    this.#parameters.destroy();
    this.#gradients.destroy();
  }

  /** The case's numbers, and NaN in what lies beside them. */
  #loadWeights(): void {
    const given = caseArrays(this.#case);
    for (const { name, shape } of this.#parameters.specs) {
      const own = given[name];
      const size = shape.reduce((product, length) => product * length, 1);
      const data = own ? Float32Array.from(own) : new Float32Array(size).fill(NaN);
      this.#parameters.write(new Map([[name, { shape, data }]]));
    }
  }

  /** The words of each element in its slot, in PyTorch's order; and of rows that are filled up with zeros, all. */
  #places(value: Value) {
    const found = this.program.plan.home(value);
    if (typeof found?.home.buffer !== 'number') return { slot: 0, own: [], padding: [] };
    const { home, view } = found;
    const first = home.offset / 4;
    const words = Uint32Array.from({ length: home.size / 4 }, (_, index) => first + index);
    const own = fromMemory({ ...value, dtype: 'u32' }, view, words.buffer);
    const rows = view.zeroPadded ? rowsOf(value) * view.stride : 0;
    return { slot: home.buffer as number, own, padding: words.subarray(view.offset, view.offset + rows) };
  }

  #write(memory: readonly Uint32Array<ArrayBuffer>[], value: Value, data: Float32Array | Uint32Array): void {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const { slot, own, padding } = this.#places(value);
    for (const word of padding) memory[slot]![word] = 0;
    own.forEach((word, index) => (memory[slot]![word] = bits[index]!));
  }

  /** In the flat buffer, what belongs to no variable stays as it is, or is zero. */
  async #countTouchedGradients(): Promise<number> {
    const flat = new Uint32Array(await readBuffer(this.#engine, this.#gradients.buffer));
    const untouched = poisonOf(this.program.slots.length);
    let touched = 0;
    for (const [name, { offset, rows, columns, stride }] of this.#gradients.layout.places) {
      const own = this.#case.gradients.includes(name);
      for (let row = 0; row < rows; row++) {
        const line = flat.subarray(offset + row * stride, offset + row * stride + columns);
        if (!own) touched += line.filter((word) => word !== untouched).length;
        line.fill(untouched);
      }
    }
    return touched + flat.filter((word) => word !== untouched && word !== 0).length;
  }
}

const poison = ({ size }: GPUBuffer, index: number): Uint32Array<ArrayBuffer> =>
  new Uint32Array(size / 4).fill(poisonOf(index));

const valuesOf = ({ inputs, nodes }: Graph): Value[] => [
  ...inputs.values(),
  ...nodes.flatMap(({ outputs }) => Object.values(outputs)),
];
