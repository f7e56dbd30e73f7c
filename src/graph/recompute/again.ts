import type { GraphNode, Value } from '../../core/op';

/** What is computed a second time. */
export interface Recomputed {
  /** Nodes of the forward part that the backward part computes again. */
  readonly nodes: readonly GraphNode[];
  /** Multiply-adds of these nodes: what a step does more than without. */
  readonly multiplyAdds: number;
}

/** A list of nodes, some of which stand for nodes of another list. */
export interface Rewritten {
  readonly nodes: readonly GraphNode[];
  /** Nodes that are new, and what they stand for: the same but for inputs and outputs. */
  readonly originals: ReadonlyMap<GraphNode, GraphNode>;
  /** Values that are computed again, and what they equal. */
  readonly equals: ReadonlyMap<Value, Value>;
  /** Nodes that are in the list twice, in the order of their copies. */
  readonly again: readonly GraphNode[];
}

/**
 * Lets the backward part compute what it reads and nobody stored, from what is stored. A node of the forward part is
 * copied, once and with all its outputs, to just before the first one that needs it; all of the backward part reads the
 * copy. The copy is the same op with the same attributes on the same numbers (weights are updated after the backward
 * part, and dropout draws by step and layer), so it gives the same bits wherever it gets the same kernel.
 *
 * After Chen et al., "Training deep nets with sublinear memory cost", 2016.
 *
 * @param nodes the forward part, `forwardNodes` of them, and then the backward part
 * @param isStored tells which results of the forward part are still there
 */
export function computeAgain(
  nodes: readonly GraphNode[],
  forwardNodes: number,
  isStored: (value: Value) => boolean,
): Rewritten {
  const forward = nodes.slice(0, forwardNodes);
  const producers = new Map(forward.flatMap((node) => Object.values(node.outputs).map((y) => [y, node])));
  let nextId = nodes.reduce(
    (largest, { inputs, outputs }) =>
      [...Object.values(inputs), ...Object.values(outputs)].reduce(
        (id, value) => Math.max(id, value.id),
        largest,
      ),
    0,
  );
  const copies = new Map<Value, Value>();
  const originals = new Map<GraphNode, GraphNode>();
  const list = [...forward];

  const copyOf = (value: Value): Value => {
    const producer = isStored(value) ? undefined : producers.get(value);
    if (!producer) return value;
    if (!copies.has(value)) copy(producer);
    return copies.get(value) as Value;
  };
  const readingCopies = ({ inputs }: GraphNode): GraphNode['inputs'] =>
    Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, copyOf(value)]));
  const copy = (node: GraphNode): void => {
    const inputs = readingCopies(node);
    const outputs = Object.fromEntries(
      Object.entries(node.outputs).map(([name, value]): [string, Value] => {
        const again = { ...value, id: ++nextId, label: `${value.label}.again` };
        copies.set(value, again);
        return [name, again];
      }),
    );
    append(node, { ...node, inputs, outputs });
  };
  const append = (original: GraphNode, node: GraphNode): void => {
    originals.set(node, original);
    list.push(node);
  };
  for (const node of nodes.slice(forwardNodes)) {
    const inputs = readingCopies(node);
    const isSame = Object.entries(node.inputs).every(([name, value]) => inputs[name] === value);
    if (isSame) list.push(node);
    else append(node, { ...node, inputs });
  }
  const isForward = new Set(forward);
  return {
    nodes: list,
    originals,
    equals: new Map([...copies].map(([value, again]) => [again, value])),
    again: [...originals.values()].filter((node) => isForward.has(node)),
  };
}
