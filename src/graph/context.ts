import { shown } from '../core/check';
import { ValueError } from '../core/errors';
import type { Value } from '../core/op';
import { flatPlaces, type FlatLayouts } from './flat';
import type { FusionContext } from './fusions/rewriting';
import type { Graph } from './graph';

/** What all stages may know of a graph besides the nodes, which rewrites change. */
export interface GraphContext extends FusionContext {
  /** What variables become: copied row by row once the run is over. */
  readonly assigned: readonly Value[];
  /** What the forward part of the graph computes. */
  readonly ofForward: ReadonlySet<Value>;
}

/** @param keep values that must exist after a run, besides inputs, constants and what is assigned */
export function contextOf(graph: Graph, layouts: FlatLayouts, keep: Iterable<Value> = []): GraphContext {
  for (const value of keep) {
    if (graph.has(value)) continue;
    throw new ValueError('keep', 'each must be a value of this graph', shown((value as Value | null)?.label));
  }
  const assigned = layouts.state ? [...graph.assignments.values()] : [];
  const trained = [...graph.gradients].filter(([{ role }]) => role === 'variable');
  const variables = new Map(trained.map(([variable, gradient]) => [gradient, variable]));
  const forward = graph.nodes.slice(0, graph.forwardNodes);
  return {
    kept: new Set([...keep, ...assigned, ...graph.inputs.values(), ...graph.constants.keys()]),
    placeOf: flatPlaces(graph, layouts),
    variableOf: (gradient) => variables.get(gradient),
    assigned,
    ofForward: new Set(forward.flatMap(({ outputs }) => Object.values(outputs))),
  };
}
