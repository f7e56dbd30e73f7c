import type { GraphNode, Op, Value } from '../../core/op';
import { bias } from '../../ops/bias';
import { conv2d, conv2dFused } from '../../ops/conv2d';
import { linear, linearFused } from '../../ops/linear';
import { relu } from '../../ops/relu';
import { applies, Rewriting, type FusionContext } from './rewriting';

/**
 * conv2d or linear, bias and ReLU in one kernel, in training too: ReLU's gradient needs only y, the bias's only dy, so
 * the two values in between have no other reader.
 */
export function fuseBiasRelu(nodes: readonly GraphNode[], context: FusionContext): GraphNode[] {
  const rewriting = new Rewriting(nodes, context);
  for (const [place, product] of rewriting.entries()) {
    if (!applies(product, conv2d) && !applies(product, linear)) continue;
    const { x, w, y } = { ...product.inputs, ...product.outputs } as Record<'x' | 'w' | 'y', Value>;
    const next = rewriting.soleReader(y);
    if (next === undefined) continue;
    const biased = rewriting.at(next);
    if (!applies(biased, bias)) continue;
    const after = rewriting.soleReader(biased.outputs.y as Value);
    const rectified = after === undefined ? undefined : rewriting.at(after);
    const isRectified = after !== undefined && applies(rectified, relu);
    const fused: unknown = applies(product, conv2d) ? conv2dFused : linearFused;
    const whole: GraphNode = {
      op: fused as Op,
      label: product.label,
      inputs: { x, w, b: biased.inputs.b as Value },
      outputs: isRectified ? rectified.outputs : biased.outputs,
      attrs: { ...(product.attrs as object), relu: isRectified },
    };
    rewriting.replace(place);
    rewriting.replace(next);
    rewriting.replace(isRectified ? after : next, whole);
  }
  return rewriting.nodes;
}
