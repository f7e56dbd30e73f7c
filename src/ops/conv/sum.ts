import type { Launch, Scratch, Table, Target } from '../../core/op';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/sum.wgsl';
import type { Written } from './problem';

/** A matrix that is the sum of `splits` ones, all sizes in elements: see sum.wgsl. */
export interface SummedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly splits: number;
  readonly splitStride: number;
  readonly partOffset: number;
  readonly total: { readonly offset: number; readonly stride: number };
  /** Rows of a group, and from one group to the next in the parts and in the total. Default: all are one group. */
  readonly groups?: { readonly rows: number; readonly partRows: number; readonly totalRows: number };
}

const WG = 64;
const TURNS = 4;

/** One launch that adds up the parts of all these matrices, which lie in one buffer. */
export function sumMatrices(
  matrices: readonly SummedMatrix[],
  parts: Scratch,
  total: Written,
  target: Target,
): Launch {
  const isWhole = (matrix: SummedMatrix): boolean =>
    [matrix.columns, matrix.splitStride, matrix.partOffset, matrix.total.offset, matrix.total.stride].every(
      (elements) => elements % 4 === 0,
    );
  const lanes = matrices.every(isWhole) ? 4 : 1;
  const chunks: number[] = [];
  const words = matrices.flatMap((matrix, index) => {
    const columns = matrix.columns / lanes;
    const numbers = matrix.rows * columns;
    const one = { rows: matrix.rows, partRows: matrix.rows, totalRows: matrix.rows };
    const { rows, partRows, totalRows } = matrix.groups ?? one;
    for (let first = 0; first < numbers; first += WG * TURNS) chunks.push(index, first);
    return [
      numbers,
      columns,
      matrix.splits,
      matrix.splitStride / lanes,
      matrix.partOffset / lanes,
      partRows,
      rows,
      totalRows,
      matrix.total.stride / lanes,
      matrix.total.offset / lanes,
    ];
  });
  const table: Table = { table: 'sums', words: Uint32Array.from([...chunks, ...words]) };
  return {
    shader,
    entry: 'forward',
    bind: { table, parts, total },
    params: { chunks: chunks.length / 2, matrices: chunks.length },
    constants: { WG, TURNS },
    ...(lanes === 4 && { variant: { number: 'vec4f' } }),
    workgroups: foldWorkgroups(chunks.length / 2, target.maxWorkgroupsPerDimension),
  };
}
