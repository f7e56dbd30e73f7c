import type { OpTable } from '../../src/ops/cases/support/op_table';
import { caseSize, type OpCase } from '../../src/ops/cases/support/op_case';
import { singleOpGraph } from '../../src/runtime/single_op';
import { planGraph } from './simulate';

/** So few workgroups fit a dimension that small tensors need several rows of them, more than one so that rows matter. */
export const LIMIT = 2;

/** Launches of a case, and how many of them take more workgroups than that. */
function foldedLaunches({ op, attrs, inputs, gradients }: OpCase): readonly [all: number, folded: number] {
  const { graph } = singleOpGraph(op, attrs as never, { inputs, gradients });
  const { launches } = planGraph(graph).plan;
  return [launches.length, launches.filter(({ workgroups: [x] }) => x > LIMIT).length];
}

/**
 * The case of an op in which most launches take more, and the smallest of these. Some launches take one workgroup,
 * whatever the case: the last sum of few numbers.
 */
export function foldedCase({ cases }: OpTable): OpCase | undefined {
  const counted = cases.map((each) => ({ each, left: foldedLaunches(each), size: caseSize(each) }));
  const folded = counted.filter(({ left: [, count] }) => count > 0);
  const missing = ({ left: [all, count] }: (typeof counted)[number]): number => all - count;
  return folded.sort((a, b) => missing(a) - missing(b) || a.size - b.size)[0]?.each;
}
