import type { Launch, Op, Target, TensorSpec, Value, View } from '../core/op';
import { ShapeError } from '../core/errors';
import { channelsOf, foldWorkgroups, rowsOf } from '../core/rows';
import { formatShape, sameShape } from '../core/shape';
import { barrierLanes } from '../core/targets';
import shader from '../../shaders/target_loss.wgsl';
import { onePerThread, places } from './elementwise';
import { specOf } from './features';
import { requireFloat } from './require';

/** What sets apart a loss of scores and targets of their shape, averaged. */
export interface TargetLoss<A> {
  readonly name: string;
  readonly attributes: readonly string[];
  /** Checks a shape that both have, and the attributes. */
  check(where: string, tensors: { readonly x: TensorSpec; readonly targets: TensorSpec }, attrs: A): void;
  readonly constants?: NonNullable<Launch['constants']>;
  /** Given where the softmax of each row counts, as the cross-entropy of the row with soft targets has it. */
  softmax?(
    attrs: A,
    classes: number,
  ): { readonly smoothing: number; readonly classWeights: readonly number[] };
}

/** Numbers that a lane sums. */
const TURNS = 16;

/** The op that computes such a loss; its gradient is of x, or of the targets. */
export function targetLoss<A>(loss: TargetLoss<A>): Op<'x' | 'targets', 'loss', A> {
  const { name, attributes } = loss;
  const prefix = loss.softmax ? 'soft_' : '';

  /** What both directions have: a workgroup for each row, or for as many numbers as its lanes sum. */
  function common(
    x: Value,
    attrs: A,
    views: Readonly<Record<'x' | 't' | 'd', View | undefined>>,
    target: Target,
  ) {
    const [channels, WG] = [channelsOf(x), barrierLanes(target, 64)];
    const soft = loss.softmax?.(attrs, channels);
    const count = rowsOf(x) * (soft ? 1 : channels);
    const parts = soft ? count : Math.ceil(count / (WG * TURNS));
    const words = soft && new Uint32Array(Float32Array.from(soft.classWeights).buffer);
    return {
      count,
      bind: words ? { class_weights: { table: 'class_weights', words } } : {},
      params: {
        ...{ count, channels, parts, turns: Math.ceil(channels / WG) },
        smoothing: soft?.smoothing ?? 0,
        ...places(views),
      },
      constants: { WG, ...loss.constants },
      workgroups: foldWorkgroups(parts, target.maxWorkgroupsPerDimension),
    };
  }

  const gradient: Op<'x' | 'targets' | 'dloss', 'd', { readonly attrs: A; readonly of: 'x' | 'targets' }> = {
    name: `${name}_grad`,
    infer: (_where, { x }) => ({ d: specOf(x) }),
    lower({ inputs: { x, targets: t, dloss }, outputs: { d }, attrs: { attrs, of } }, views, target) {
      const { count, bind, ...launch } = common(
        x,
        attrs,
        { x: views.x, t: views.targets, d: views.d },
        target,
      );
      const { constants, workgroups } = loss.softmax ? launch : onePerThread(count, target);
      return {
        launches: [
          {
            shader,
            entry: `${prefix}backward`,
            bind: { x, t, dloss, d, ...bind },
            params: { ...launch.params, loss_offset: views.dloss.offset },
            constants: { ...constants, ...loss.constants, OF_TARGETS: of === 'targets' },
            workgroups,
          },
        ],
      };
    },
  };

  return {
    name,
    attributes,
    infer(where, { x, targets }, attrs) {
      requireFloat(where, { x, targets });
      loss.check(where, { x, targets }, attrs);
      if (!sameShape(x.shape, targets.shape)) {
        const got = `targets ${formatShape(targets.shape)}`;
        throw new ShapeError(where, `targets must have the shape of x, ${formatShape(x.shape)}`, got);
      }
      return { loss: { shape: [], dtype: 'f32' } };
    },
    lower({ inputs: { x, targets: t }, outputs, attrs }, views, target) {
      const { bind, ...launch } = common(x, attrs, { x: views.x, t: views.targets, d: undefined }, target);
      const params = { ...launch.params, loss_offset: views.loss.offset };
      const turns = Math.ceil(params.parts / launch.constants.WG);
      const parts = { scratch: 'parts', elements: params.parts };
      const { constants, workgroups } = launch;
      return {
        launches: [
          {
            shader,
            entry: `${prefix}forward`,
            bind: { x, t, parts, ...bind },
            params,
            constants: loss.softmax ? constants : { ...constants, TURNS },
            workgroups,
          },
          {
            shader,
            entry: 'mean',
            bind: { given_parts: parts, loss: outputs.loss },
            params: { ...params, turns },
            constants: { WG: constants.WG },
            workgroups: [1, 1, 1],
          },
        ],
      };
    },
    backward(builder, { inputs: { x, targets }, attrs, label }, { loss: dloss }, wanted) {
      if (!dloss) return {};
      const of = (input: 'x' | 'targets') =>
        wanted.has(input) && {
          [input]: builder.apply(gradient, { x, targets, dloss }, { attrs, of: input }, label).d,
        };
      return { ...of('x'), ...of('targets') };
    },
  };
}
