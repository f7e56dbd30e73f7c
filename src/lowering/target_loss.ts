import type { Op, Target, TensorSpec, Value, View } from '../core/op';
import { ShapeError } from '../core/errors';
import { channelsOf, foldWorkgroups, rowsOf } from '../core/rows';
import { formatShape, sameShape } from '../core/shape';
import { barrierLanes } from '../core/targets';
import shader from '../../shaders/target_loss.wgsl';
import { places } from './elementwise';
import { requireFeatures, requireSameOrder, specOf } from './features';
import { requireFloat } from './require';

type Tensors<T> = Readonly<Record<'x' | 'targets', T>>;

/** What only the softmax needs. */
interface Numbers {
  readonly smoothing: number;
  readonly classWeights: readonly number[];
}

/** What sets a loss of scores and targets of their shape apart. */
export interface TargetLoss<A> {
  readonly name: string;
  readonly attributes: readonly string[];
  /** How target_loss.wgsl computes it. */
  readonly kind: 'softmax' | 'sigmoid' | 'square';
  /** Refuses attributes, and shapes that features may have and this may not. */
  readonly check?: (where: string, x: TensorSpec, attrs: A) => void;
  /** Given for the softmax alone. */
  readonly numbers?: (attrs: A, classes: number) => Numbers;
}

const KINDS = ['softmax', 'sigmoid', 'square'];

/** The op that computes such a loss, whose gradients are of x and of the targets. */
export function targetLoss<A>(made: TargetLoss<A>): Op<'x' | 'targets', 'loss', A> {
  const { name, attributes, kind, check, numbers } = made;
  type Places = Tensors<View> & { readonly d?: View };

  /** What both directions have. */
  function launch(x: Value, attrs: A, views: Places, loss: View, target: Target) {
    const [rows = 1] = x.shape;
    const [channels, all, WG] = [channelsOf(x), rowsOf(x) * channelsOf(x), barrierLanes(target, 64)];
    const { smoothing, classWeights } = numbers?.(attrs, channels) ?? { smoothing: 0, classWeights: [1] };
    const words = new Uint32Array(Float32Array.from(classWeights).buffer);
    return {
      shader,
      bind: { class_weights: { table: 'class_weights', words } },
      params: {
        ...{ rows, channels, pixels: rowsOf(x) / rows, turns: Math.ceil(all / rows / WG), smoothing },
        count: numbers ? rows : all,
        ...places({ x: views.x, t: views.targets, d: views.d }),
        loss_offset: loss.offset,
      },
      constants: { WG, KIND: KINDS.indexOf(kind) },
      workgroups: foldWorkgroups(rows, target.maxWorkgroupsPerDimension),
    };
  }

  const gradient: Op<'x' | 'targets' | 'dloss', 'd', { readonly attrs: A; readonly of: 'x' | 'targets' }> = {
    name: `${name}_grad`,
    infer: (_where, { x }) => ({ d: specOf(x) }),
    lower({ inputs: { x, targets: t, dloss }, outputs: { d }, attrs: { attrs, of } }, views, target) {
      const { bind, constants, ...rest } = launch(x, attrs, views, views.dloss, target);
      const entry = 'backward';
      const shared = { ...rest, entry, constants: { ...constants, OF_TARGETS: of === 'targets' } };
      return { launches: [{ ...shared, bind: { ...bind, x, t, dloss, d } }] };
    },
  };

  return {
    name,
    attributes,
    infer(where, { x, targets }, attrs) {
      requireFloat(where, { x, targets });
      requireFeatures(where, { x, targets });
      check?.(where, x, attrs);
      if (!sameShape(x.shape, targets.shape)) {
        const got = `targets ${formatShape(targets.shape)}`;
        throw new ShapeError(where, `targets must have the shape of x, ${formatShape(x.shape)}`, got);
      }
      requireSameOrder(where, { x, targets }, 'flatten both, or neither');
      return { loss: { shape: [], dtype: 'f32' } };
    },
    lower({ inputs: { x, targets: t }, outputs: { loss }, attrs }, views, target) {
      const { bind, ...rest } = launch(x, attrs, views, views.loss, target);
      const { params, constants } = rest;
      const row_losses = { scratch: 'row_losses', elements: params.rows };
      const turns = Math.ceil(params.rows / constants.WG);
      return {
        launches: [
          { ...rest, entry: 'forward', bind: { ...bind, x, t, row_losses } },
          {
            ...{ shader, entry: 'mean', bind: { losses: row_losses, loss }, params: { ...params, turns } },
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
