import type { GraphNode } from '../../core/op';
import { mergeBackward } from './merged_backward';
import { mergeForward } from './merged_forward';
import type { FusionContext } from './rewriting';

/**
 * Convolutions of one tensor whose weights lie side by side, such as the three 1x1s that read a module's input, are one
 * product of matrices: forward, for the input's gradient and for the weights'.
 */
export const fuseMergedWeights = (nodes: readonly GraphNode[], context: FusionContext): GraphNode[] =>
  mergeBackward(mergeForward(nodes, context), context);
