import { bytesOf } from '../../core/dtype';
import type { Target } from '../../core/op';
import { computesOnCpu } from '../../core/targets';
import {
  allowsVectors,
  type BackwardInputProblem,
  type ConvKernel,
  type ForwardProblem,
  type Geometry,
} from './problem';
import { multiplyBy, operandsOf } from './products';
import {
  backwardDirection,
  forwardDirection,
  launches,
  productsOf,
  type Direction,
  type Method,
  type Plane,
} from './winograd_launches';

/**
 * Winograd's convolution for 3x3 kernels of stride 1, forward and back to the input: 4 (2x2) or 2.25 (4x4) products per
 * output and channel pair instead of 9, for transforms of input, weights and output in launches of their own.
 */
const METHODS: readonly Method[] = [
  { name: 'winograd 4x4', out: 4, by: 'quads' },
  { name: 'winograd 2x2', out: 2, by: 'quads' },
  { name: 'winograd 4x4 by tiles', out: 4, by: 'tiles' },
  { name: 'winograd 2x2 by tiles', out: 2, by: 'tiles' },
];

const fits = ({ window }: Geometry): boolean =>
  [...window.kernel].every((size) => size === 3) &&
  window.stride.every((stride) => stride === 1) &&
  window.padding.every((side) => side <= 2);

/** Bytes that WebGPU lets a shader bind on every adapter. */
const GUARANTEED_BINDING = 2 ** 27;

/**
 * Bytes of working memory that a node should keep to: large batches go in parts. On SwiftShader small parts cost 0 to 4 %
 * of the time (measured, batch 8); a GPU has more to fill.
 */
const mostScratch = (target: Target): number => 2 ** (computesOnCpu(target) ? 24 : 26);

/**
 * Channels that tiles of 4x4 may sum up, product by product: their transforms magnify what the sum rounds, to 1e-6 of a
 * typical result at 128 channels (root mean square, measured). Quads add four products before they add to the sum, but
 * the compilers of GPUs undo such an order.
 */
const LONGEST_SUM = 112;

function imagesAtOnce(method: Method, { source, result }: Direction, target: Target): number {
  const { v, u, m } = operandsOf(productsOf(method, 1, source, result));
  return Math.floor((mostScratch(target) - bytesOf(u.elements)) / bytesOf(v.elements + m.elements));
}

function supports(
  method: Method,
  problem: ForwardProblem | BackwardInputProblem,
  { source, result }: Direction,
  target: Target,
): boolean {
  if (!allowsVectors(problem) || !fits(problem.geometry)) return false;
  if ((source.channels | result.channels) % 4 !== 0) return false;
  // Of one image, for how many there are must not decide which kernel it is.
  const products = productsOf(method, 1, source, result);
  if (method.by === 'tiles' && method.out === 4 && products.inner > LONGEST_SUM) return false;
  return (
    Object.values(operandsOf(products)).every(({ elements }) => bytesOf(elements) <= GUARANTEED_BINDING) &&
    multiplyBy(method.by, products, problem.form === 'backward_input', target) !== undefined
  );
}

/**
 * Where the CPU computes, products cost most, so tiles of 4x4 win, save on planes so small that the weights' transform
 * costs more than it spares (measured on SwiftShader). On GPUs nobody has run it, so it comes last there.
 */
function preferenceOf({ out, by }: Method, plane: Plane, target: Target): number {
  if (!computesOnCpu(target) || by === 'tiles') return -2;
  // Not by the batch: another one must not need other pipelines.
  return out === 4 && plane.height * plane.width >= 196 ? 3 : 1;
}

const kernels = <P extends ForwardProblem | BackwardInputProblem>(
  directionOf: (problem: P) => Direction,
): readonly ConvKernel<P>[] =>
  METHODS.map((method) => ({
    name: method.name,
    supports: (problem, target) => supports(method, problem, directionOf(problem), target),
    preference: (problem, target) => preferenceOf(method, directionOf(problem).result, target),
    imagesAtOnce: (problem, target) => imagesAtOnce(method, directionOf(problem), target),
    launches: (parts, target) => launches(method, parts.map(directionOf), target),
  }));

export const winogradForward = kernels(forwardDirection);
export const winogradBackwardInput = kernels(backwardDirection);
