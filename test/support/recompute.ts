import type { Graph } from '../../src/graph/graph';
import { LimitError } from '../../src/core/errors';
import type { CompileOptions } from '../../src/graph/plan_nodes';
import { slotBytes } from '../../src/graph/plan';
import { planGraph, type PlannedGraph } from './simulate';

/** As `planGraph`, with recomputation for a target in bytes. */
export function planGraphWithin(
  graph: Graph,
  options: Partial<CompileOptions>,
  memory: number,
): PlannedGraph {
  return planGraph(graph, { ...options, recompute: { memory } });
}

/** The least memory that recomputation can come to, in bytes, as the refusal of less says. */
export function leastOf(graph: Graph, options: Partial<CompileOptions>): number {
  try {
    return slotBytes(planGraphWithin(graph, options, 0).plan);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    return Number(/give at least (\d+)/.exec(error.advice ?? '')?.[1]);
  }
}
