import { ShapeError } from '../core/errors';

/** Elements of one parameter that one workgroup of an update handles. */
export const CHUNK_ELEMENTS = 4096;

/** A parameter as an optimizer sees it: a matrix in the flat buffers, perhaps a slice of a merged one. */
export interface OptimizedParameter {
  /** First element in the flat buffers. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements from one row to the next. */
  readonly stride: number;
  /** Factor on the learning rate, 1 unless given. */
  readonly rateScale?: number;
  /** Factor on the weight decay, 1 unless given; 0 for a bias, say. */
  readonly decayScale?: number;
  /** True for a parameter that updates leave alone. */
  readonly frozen?: boolean;
}

const TABLE_WORDS = 8;

/**
 * What an update's single dispatch reads beside the numbers themselves. `table` has 8 words per parameter: offset,
 * columns, stride, elements, rate scale (bits of f32), decay scale (bits of f32), frozen, unused. `chunks` has 2
 * words per workgroup: index of the parameter, first element within it. A frozen parameter has chunks too, so that
 * thawing it changes one word of the table.
 * @throws {ShapeError} if rows of a parameter overlap or a size is not a positive whole number.
 */
export function optimizerTables(parameters: readonly OptimizedParameter[]): {
  readonly chunks: Uint32Array<ArrayBuffer>;
  readonly table: Uint32Array<ArrayBuffer>;
} {
  const table = new Uint32Array(parameters.length * TABLE_WORDS);
  const floats = new Float32Array(table.buffer);
  const chunks: number[] = [];
  for (const [index, parameter] of parameters.entries()) {
    const { offset, rows, columns, stride, rateScale = 1, decayScale = 1, frozen = false } = parameter;
    const whole = [rows, columns, stride].every((size) => Number.isInteger(size) && size > 0);
    if (!whole || stride < columns) {
      const got = `${rows} rows of ${columns} columns, ${stride} apart`;
      throw new ShapeError(`optimizer parameter ${index}`, 'rows must not overlap, sizes be positive', got);
    }
    const elements = rows * columns;
    const at = index * TABLE_WORDS;
    table.set([offset, columns, stride, elements], at);
    floats.set([rateScale, decayScale], at + 4);
    table[at + 6] = frozen ? 1 : 0;
    for (let first = 0; first < elements; first += CHUNK_ELEMENTS) chunks.push(index, first);
  }
  return { chunks: Uint32Array.from(chunks), table };
}
