import type { Launch, Scratch, Table, Target } from '../../core/op';
import { foldWorkgroups } from '../../core/rows';
import shader from '../../../shaders/sum_layers.wgsl';

/** A matrix that is the sum of `splits` ones, all sizes in elements: see sum_layers.wgsl. */
export interface SummedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly splits: number;
  readonly splitStride: number;
  readonly partOffset: number;
  readonly partGroupRows: number;
  readonly groupRows: number;
  readonly totalGroupRows: number;
  readonly total: { readonly offset: number; readonly stride: number };
}

const WG = 64;
const TURNS = 4;

/** One launch that adds up the parts of all these matrices, into the flat buffer of gradients. */
export function sumMatrices(matrices: readonly SummedMatrix[], parts: Scratch, target: Target): Launch {
  const isWhole = ({ columns, splitStride, partOffset, total }: SummedMatrix): boolean =>
    [columns, splitStride, partOffset, total.offset, total.stride].every((elements) => elements % 4 === 0);
  const lanes = matrices.every(isWhole) ? 4 : 1;
  const chunks: number[] = [];
  const words = matrices.flatMap((matrix, index) => {
    const columns = matrix.columns / lanes;
    const numbers = matrix.rows * columns;
    for (let first = 0; first < numbers; first += WG * TURNS) chunks.push(index, first);
    return [
      numbers,
      columns,
      matrix.splits,
      matrix.splitStride / lanes,
      matrix.partOffset / lanes,
      matrix.partGroupRows,
      matrix.groupRows,
      matrix.totalGroupRows,
      matrix.total.stride / lanes,
      matrix.total.offset / lanes,
    ];
  });
  const table: Table = { table: 'sums', words: Uint32Array.from([...chunks, ...words]) };
  return {
    shader,
    entry: 'forward',
    bind: { table, parts, total: { flat: 'gradients' } },
    params: { chunks: chunks.length / 2, matrices: chunks.length },
    constants: { WG, TURNS },
    ...(lanes === 4 && { variant: { number: 'vec4f' } }),
    workgroups: foldWorkgroups(chunks.length / 2, target.maxWorkgroupsPerDimension),
  };
}
