import type { GraphNode, Value } from '../../core/op';

/**
 * A node that gives its result a last touch (see `Op.epilogue`): adds `add` to it, or keeps it only where `mask` is
 * above 0. Undefined if its op has no such epilogue, or the node has used it. Addition comes before the mask.
 */
export function withEpilogue(
  node: GraphNode,
  touch: 'add' | 'mask',
  operand: Value,
  result: Value,
): GraphNode | undefined {
  const { epilogue } = node.op;
  if (!epilogue?.inputs.includes(touch)) return undefined;
  if (node.inputs.mask !== undefined || node.inputs[touch] !== undefined) return undefined;
  return {
    ...node,
    inputs: { ...node.inputs, [touch]: operand },
    outputs: { ...node.outputs, [epilogue.output]: result },
  };
}

/** The value that an epilogue would touch. */
export const touched = ({ op, outputs }: GraphNode): Value | undefined =>
  op.epilogue && outputs[op.epilogue.output];
