import type { LayerShare, Lowered, Scratch, Target } from '../../core/op';
import { roundUp } from '../../core/shape';
import { chooseKernel } from './choose';
import { BACKWARD_WEIGHT } from './launch';
import { backwardWeightLaunches } from './parts';
import { allowsVectors, tapsOf, type BackwardWeightProblem, type Parts } from './problem';
import { sumMatrices, type SummedMatrix } from './sum';

/** The gradients of one layer; `layer` names it where a node stands for several. */
export interface WeightGradient extends BackwardWeightProblem {
  readonly layer?: LayerShare;
}

/** Layers' partial sums begin at multiples of 256 bytes. */
const ALIGNMENT = 64;

/**
 * dw and, where asked for, db of each layer; all of these lie in one buffer. The sum over all pixels is split until the
 * adapter is filled. Partial sums of all layers are added in order by one last launch, so that repeats are identical
 * bit by bit; a sum that is not split goes where it belongs at once.
 */
export function lowerBackwardWeight(gradients: readonly WeightGradient[], target: Target): Lowered {
  let elements = 0;
  const planned = gradients.map(({ layer, ...problem }) => {
    const kernel = chooseKernel(BACKWARD_WEIGHT, problem, target);
    const cut = cutInto(kernel.splits(problem, target), problem, elements);
    if (cut.splits > 1) elements = roundUp(elements + cut.splits * cut.splitStride, ALIGNMENT);
    return { problem, layer, kernel, cut };
  });
  const scratch: Scratch = { scratch: 'parts', elements };
  const launches = planned.flatMap(({ problem, layer, kernel, cut }) => {
    const value = cut.splits > 1 ? scratch : problem.dw.value;
    const parts = { ...cut, to: { value, view: cut.view } };
    const made = backwardWeightLaunches(kernel, problem, parts, target);
    return layer ? made.map((launch) => ({ ...launch, layer })) : made;
  });
  const sums = planned.flatMap(({ problem, cut }) => (cut.splits > 1 ? matricesOf(problem, cut) : []));
  const [first] = gradients;
  if (!first || sums.length === 0) return { launches };
  return { launches: [...launches, sumMatrices(sums, scratch, first.dw.value, target)] };
}

/** Parts as kernels take them, but for the buffer. */
interface Cut extends Omit<Parts, 'to'> {
  readonly view: Parts['to']['view'];
}

/** Each split is a matrix of the weights' rows and, last, the bias's; the first begins at `offset`. */
function cutInto(splits: number, problem: BackwardWeightProblem, offset: number): Cut {
  const { geometry, dw, db } = problem;
  if (splits === 1) {
    const biasOffset = db && db.view.offset - dw.view.offset;
    return { view: dw.view, splits, splitStride: 0, tapRows: geometry.tapRows, biasOffset };
  }
  const columns = geometry.y.channels;
  const tapRows = allowsVectors(problem) ? roundUp(geometry.x.channels, 4) : geometry.x.channels;
  const rows = tapsOf(geometry) * tapRows;
  return {
    view: { offset, stride: columns, zeroPadded: false },
    splits,
    splitStride: (rows + (db ? 1 : 0)) * columns,
    tapRows,
    biasOffset: db && rows * columns,
  };
}

function matricesOf({ geometry, dw, db }: BackwardWeightProblem, cut: Cut): SummedMatrix[] {
  const { view, splits, splitStride, tapRows, biasOffset = 0 } = cut;
  const shared = { columns: geometry.y.channels, splits, splitStride };
  const { channels } = geometry.x;
  const ofWeights: SummedMatrix = {
    ...shared,
    rows: tapsOf(geometry) * channels,
    partOffset: view.offset,
    total: dw.view,
    groups: { rows: channels, partRows: tapRows, totalRows: geometry.tapRows },
  };
  const ofBias = db && { ...shared, rows: 1, partOffset: view.offset + biasOffset, total: db.view };
  return ofBias ? [ofWeights, ofBias] : [ofWeights];
}
