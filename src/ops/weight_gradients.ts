import type { Op, Value, View } from '../core/op';
import { lowerBackwardWeight } from './conv/lower_weight';
import { multiplyAddsOf, type Geometry } from './conv/problem';

/** A convolution or linear layer whose gradients are computed from its x and dy. */
export interface LayerGradients {
  readonly label: string;
  readonly geometry: Geometry;
  /** Where the weights' gradient lies in the flat buffer of gradients. */
  readonly dw: View;
  /** The same of the bias's, where it is wanted too: further on than dw. */
  readonly db?: View;
}

export interface WeightGradientsAttrs {
  readonly layers: readonly LayerGradients[];
}

/**
 * dw and db of several layers, from x0, dy0, x1, dy1 and so on; outputs dw0, db0 and so on are gradients of parameters
 * and lie in the flat buffer. The fusion pass makes it.
 */
export const weightGradients: Op<string, string, WeightGradientsAttrs> = {
  name: 'weight_gradients',
  infer() {
    throw new Error('weight_gradients: only a rewrite makes it');
  },
  lower({ inputs, attrs: { layers } }, views, target) {
    const placed = (name: string) => ({ value: inputs[name] as Value, view: views[name] as View });
    const flat = (view: View) => ({ value: { flat: 'gradients' } as const, view });
    const gradients = layers.map(({ label, geometry, dw, db }, index) => ({
      form: 'backward_weight' as const,
      geometry,
      x: placed(`x${index}`),
      dy: placed(`dy${index}`),
      dw: flat(dw),
      db: db && flat(db),
      layer: { label, multiplyAdds: multiplyAddsOf(geometry) },
    }));
    return lowerBackwardWeight(gradients, target);
  },
};
