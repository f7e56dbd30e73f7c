import type { Value } from '../core/op';
import { layoutVariables, type FlatLayout, type Place } from '../core/variable';
import type { Graph } from './graph';

/** Where the flat buffers that programs of a graph bind hold its variables and their gradients. */
export interface FlatLayouts {
  readonly variables: FlatLayout;
  readonly gradients: FlatLayout;
  /** The variables that are assigned, where a program reads a copy of them; see `Graph.assign`. */
  readonly state?: FlatLayout | undefined;
}

const variablesOf = (graph: Graph, wanted: (value: Value) => boolean) =>
  [...graph.variables.values()].filter(({ value }) => wanted(value)).map(({ variable }) => variable);

/** The variables whose gradients a graph computes. */
export const trainedVariables = (graph: Graph) => variablesOf(graph, (value) => graph.gradients.has(value));

/** The variables that a graph assigns. */
export const assignedVariables = (graph: Graph) =>
  variablesOf(graph, (value) => graph.assignments.has(value));

/** The layouts of a graph whose variables nobody has laid out yet. */
export function layoutFlat(graph: Graph): FlatLayouts {
  const variables = layoutVariables(variablesOf(graph, () => true));
  const gradients = layoutVariables(trainedVariables(graph));
  const assigned = assignedVariables(graph);
  return { variables, gradients, state: assigned.length > 0 ? layoutVariables(assigned) : undefined };
}

/** Where a value of a graph lies in a flat buffer; undefined for one that lies in a program's own memory. */
export function flatPlaces(graph: Graph, layouts: FlatLayouts) {
  const found = new Map<Value, Place & { readonly flat: keyof FlatLayouts }>();
  for (const [name, { value }] of graph.variables) {
    const add = (of: Value | undefined, flat: keyof FlatLayouts): void => {
      const place = layouts[flat]?.places.get(name);
      if (of && place) found.set(of, { ...place, flat });
    };
    add(value, 'variables');
    add(value, 'state');
    add(graph.gradients.get(value), 'gradients');
  }
  return (value: Value) => found.get(value);
}
