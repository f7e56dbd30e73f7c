import type { Target } from '../../core/op';
import { foldWorkgroups } from '../../core/rows';
import { roundUp } from '../../core/shape';
import { computesOnCpu } from '../../core/targets';

/** Tiles in workgroup memory: what the three forms (conv2d_tile*.wgsl) share. */

/** A workgroup of `across` x `down` threads; each computes `rows` rows by `vectors` vectors of 4 columns. */
export interface Tile {
  readonly rows: number;
  readonly vectors: number;
  readonly across: number;
  readonly down: number;
}

export const threadsOf = ({ across, down }: Tile): number => across * down;
export const rowsOfTile = ({ rows, down }: Tile): number => rows * down;
/** Columns of a tile in vectors of 4. */
export const vectorsOfTile = ({ vectors, across }: Tile): number => vectors * across;

/** The tile's name, `tile 128x64/8x8`: rows and columns of a workgroup, then those of a thread. */
export const tileName = (tile: Tile): string =>
  `tile ${rowsOfTile(tile)}x${4 * vectorsOfTile(tile)}/${tile.rows}x${4 * tile.vectors}`;

const tile = (rows: number, vectors: number, across: number, down: number): Tile => ({
  rows,
  vectors,
  across,
  down,
});

/**
 * Shipped tiles: wide ones for large layers, narrow ones for few columns, small ones for few rows. 112 rows divide the
 * lines of GoogLeNet's first layer. Threads are multiples of 64, the widest subgroup. 16 rows by one vector of columns
 * need fewer registers than 8 by two, which the compilers of some GPUs use well.
 */
export const TILES: readonly Tile[] = [
  tile(16, 1, 32, 8),
  tile(16, 1, 48, 4),
  tile(16, 1, 24, 8),
  tile(16, 1, 16, 8),
  tile(14, 1, 16, 8),
  tile(16, 1, 16, 4),
  tile(16, 1, 8, 8),
  tile(8, 1, 16, 8),
  tile(8, 1, 8, 8),
  tile(8, 1, 4, 16),
  tile(4, 1, 8, 8),
  tile(4, 1, 4, 16),
];

/** The same for weight gradients. `rows` are multiples of 4, `across` of rows / 4, and `down` of `vectors`. */
export const WEIGHT_TILES: readonly Tile[] = [
  tile(8, 2, 16, 16),
  tile(8, 2, 12, 16),
  tile(8, 2, 16, 12),
  tile(8, 2, 8, 16),
  tile(8, 2, 8, 8),
  tile(8, 1, 8, 8),
  tile(8, 1, 4, 16),
  tile(4, 1, 8, 8),
  tile(4, 2, 8, 8),
  tile(4, 1, 16, 4),
];

/** What WebGPU guarantees, for targets that do not say. */
const GUARANTEED = { storage: 16384, invocations: 256 };

/**
 * Vectors of channels in a block, as many as divide the channels, fit into the memory that any adapter has, and can be
 * on their way from memory in the registers that the sums leave free; at least 1.
 *
 * @param needs vectors that a block takes: of workgroup memory, and of a thread's registers while it stages them
 */
export function blockVectors(
  { rows, vectors }: Tile,
  channels: number,
  needs: (block: number) => { readonly memory: number; readonly registers: number },
): number {
  const registers = rows * vectors > 8 ? 6 : 8;
  const possible = [4, 2].find((block) => {
    const needed = needs(block);
    return (
      channels % block === 0 && needed.memory * 16 <= GUARANTEED.storage && needed.registers <= registers
    );
  });
  return possible ?? 1;
}

/** Most vectors of workgroup memory per thread. With more, memory and not registers would limit the threads of a core. */
const MOST_MEMORY = 9;

/** True if a workgroup of this tile may exist, with so many vectors of 4 in its memory, and does not take too many. */
export const fits = (tile: Tile, memoryVectors: number, target: Target): boolean =>
  threadsOf(tile) <= (target.maxInvocationsPerWorkgroup ?? GUARANTEED.invocations) &&
  memoryVectors * 16 <= (target.maxWorkgroupStorage ?? GUARANTEED.storage) &&
  memoryVectors <= MOST_MEMORY * threadsOf(tile);

/** Column tiles along x; row tiles along y and, beyond the adapter's limit, z. */
export function tileGrid(
  tile: Tile,
  rows: number,
  columns: number,
  target: Target,
): readonly [number, number, number] {
  const [y, z] = foldWorkgroups(Math.ceil(rows / rowsOfTile(tile)), target.maxWorkgroupsPerDimension);
  return [Math.ceil(columns / (4 * vectorsOfTile(tile))), y, z];
}

/** A GPU to plan for: cores, and threads that one works on at once. */
const ASSUMED = { cores: 48, threadsPerCore: 128 };

/** A product of matrices as a tile computes it. */
export interface TiledProduct {
  readonly rows: number;
  readonly columns: number;
  /** Parts of the sums, or such products, each with workgroups of its own. */
  readonly times?: number;
  /** Of a thread between two barriers: multiply-adds, and instructions that fetch their operands. */
  readonly products: number;
  readonly fetching: number;
}

/** Instructions between two barriers that neither multiply nor fetch. */
const OTHER_INSTRUCTIONS = 8;

/**
 * How well a tile suits a product of matrices: a product of four shares. They are the multiply-adds that are not overhang,
 * the instructions that are multiply-adds, the time not spent waiting for memory, and the cores that have work.
 * Software adapters prefer any other kernel: there a barrier costs more than a tile saves.
 *
 * Only the share of instructions is known, from machine code (`npm run bench -- isa`). The rest is assumed, for nobody has
 * timed these tiles on a GPU. Two weights stand for waiting: reads of workgroup memory for each multiply-add (8x8 0.25,
 * 4x4 0.5), and reads of buffers. At the end of a launch, a quarter of a round of workgroups is assumed to be idle.
 */
export function tilePreference(tile: Tile, product: TiledProduct, target: Target): number {
  if (computesOnCpu(target)) return -1;
  const { rows, columns, times = 1, products, fetching } = product;
  const [height, width] = [rowsOfTile(tile), 4 * vectorsOfTile(tile)];
  const useful = (rows * columns) / (roundUp(rows, height) * roundUp(columns, width));
  const multiplying = products / (products + fetching + OTHER_INSTRUCTIONS);
  const tileReads = 1 / tile.rows + 1 / (4 * tile.vectors);
  const bufferReads = 1 / height + 1 / width;
  const threads = Math.ceil(rows / height) * Math.ceil(columns / width) * times * threadsOf(tile);
  const rounds = threads / (ASSUMED.cores * ASSUMED.threadsPerCore);
  return ((useful * multiplying) / (1 + 0.15 * tileReads + bufferReads)) * (rounds / (rounds + 0.25));
}
