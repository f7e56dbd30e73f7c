import type { Graph } from '../../src/graph/graph';
import { LimitError } from '../../src/core/errors';
import { layoutFlat } from '../../src/graph/flat';
import type { Plan, PlanOptions } from '../../src/graph/plan';
import { planWithin } from '../../src/graph/recompute/plan_within';
import { TARGET, type PlannedGraph } from './simulate';

export const bytesOf = ({ slots }: Plan): number => slots.reduce((sum, bytes) => sum + bytes, 0);

/** As `planGraph`, with recomputation for a target in bytes. */
export function planGraphWithin(graph: Graph, options: Partial<PlanOptions>, memory: number): PlannedGraph {
  const all: PlanOptions = { keep: new Set(), fuse: true, guardBytes: 0, target: TARGET, ...options };
  const layouts = layoutFlat(graph);
  const plan = planWithin(graph, layouts, all, { memory });
  return { plan, nodes: plan.nodes, ...plan.layout };
}

/** The least memory that recomputation can come to, in bytes, as the refusal of less says. */
export function leastOf(graph: Graph, options: Partial<PlanOptions>): number {
  try {
    return bytesOf(planGraphWithin(graph, options, 0).plan);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    return Number(/give at least (\d+)/.exec(error.advice ?? '')?.[1]);
  }
}
