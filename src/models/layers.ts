import type { Value } from '../core/op';
import type { Graph } from '../graph/graph';
import { add } from '../ops/add';
import { binaryCrossEntropy } from '../ops/binary_cross_entropy';
import { crop } from '../ops/crop';
import type { CropAttrs } from '../ops/crop_attributes';
import { gelu } from '../ops/gelu';
import { localResponseNorm, type LocalResponseNormAttrs } from '../ops/local_response_norm';
import { meanSquaredError } from '../ops/mean_squared_error';
import { relu } from '../ops/relu';
import { softCrossEntropy, type SoftCrossEntropyAttrs } from '../ops/soft_cross_entropy';
import { coreLayers } from './core_layers';

/**
 * Layer functions bound to a graph: each declares its parameters under PyTorch's names (`name.weight`,
 * `name.bias`), appends its ops and returns the layer's output, which carries the layer's name.
 * All throw `ShapeError` with the layer's name where sizes do not fit; one that is refused leaves nothing in the graph.
 * A name may be used again only where nothing hangs on it: the second output is then called `name#2`, while a second
 * layer with parameters, or a second dropout, is a `ValueError`.
 * @param graph to which the layers are appended
 * @throws {ValueError} unless it is given a graph; each layer throws {ShapeError} with its name where sizes do not fit,
 * and {ValueError} for options that make no sense
 */
export function layers(graph: Graph) {
  return {
    ...coreLayers(graph),

    /** Rectangles of packed pictures x (N, P) in u32, by a table (N, 20) -> (N, 3, size, size). */
    crop: (name: string, x: Value, table: Value, attrs: CropAttrs): Value =>
      graph.apply(crop, { x, table }, attrs, name).y,

    /** Divides by the channels around; `size` of them, 5 in most papers. x (N, C, H, W). */
    localResponseNorm: (name: string, x: Value, attrs: LocalResponseNormAttrs): Value =>
      graph.apply(localResponseNorm, { x }, attrs, name).y,

    /** max(x, 0). */
    relu: (name: string, x: Value): Value => graph.apply(relu, { x }, {}, name).y,

    /** GELU, in its tanh form. */
    gelu: (name: string, x: Value): Value => graph.apply(gelu, { x }, {}, name).y,

    /** Adds two values of one shape. */
    add: (name: string, x0: Value, x1: Value): Value => graph.apply(add, { x0, x1 }, {}, name).y,

    /** Mean over the batch of the cross-entropy of softmax(scores) against shares of the classes. Both (N, K). */
    softCrossEntropy: (
      name: string,
      scores: Value,
      targets: Value,
      attrs: SoftCrossEntropyAttrs = {},
    ): Value => graph.apply(softCrossEntropy, { x: scores, targets }, attrs, name).loss,

    /** Mean of the cross-entropy of sigmoid(scores) against targets from 0 to 1, each number by itself. Both of one shape. */
    binaryCrossEntropy: (name: string, scores: Value, targets: Value): Value =>
      graph.apply(binaryCrossEntropy, { x: scores, targets }, {}, name).loss,

    /** Mean of the squares of x - targets. Both of one shape. */
    meanSquaredError: (name: string, x: Value, targets: Value): Value =>
      graph.apply(meanSquaredError, { x, targets }, {}, name).loss,
  };
}
