import type { GraphNode, Value } from '../../core/op';
import { add } from '../../ops/add';
import { touched, withEpilogue } from './epilogue';
import { applies, Rewriting, type FusionContext } from './rewriting';

/**
 * Gradients are added where they land: the later of the two kernels whose results are added adds the other's to its
 * own as it writes it. So a pooling branch, an auxiliary classifier and several convolutions that read one value sum
 * up their gradients without a kernel for it.
 */
export function fuseGradientSums(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const [place, sum] of rewriting.entries()) {
    if (!applies(sum, add) || sum.inputs.mask) continue;
    const { x0, x1, y } = { ...sum.inputs, ...sum.outputs } as Record<'x0' | 'x1' | 'y', Value>;
    const [last, other] = rewriting.producer(x0) > rewriting.producer(x1) ? [x0, x1] : [x1, x0];
    const from = rewriting.producer(last);
    const node = from < 0 ? undefined : rewriting.at(from);
    if (!node || touched(node) !== last || rewriting.soleReader(last) !== place) continue;
    const whole = withEpilogue(node, 'add', other, y);
    if (!whole) continue;
    rewriting.replace(from, whole);
    rewriting.replace(place);
  }
  return rewriting.nodes;
}
