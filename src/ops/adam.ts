import type { Launch, Target } from '../core/op';
import { foldWorkgroups } from '../core/rows';
import shader from '../../shaders/adam.wgsl';
import { CHUNK_ELEMENTS } from './optimizer_table';

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Added to the gradient, as `torch.optim.Adam` does; AdamW would decay the weights instead. */
  readonly weightDecay: number;
}

/**
 * One dispatch that updates all parameters as PyTorch's `torch.optim.Adam` does; Kingma and Ba, "Adam", ICLR 2015,
 * algorithm 1. Rate and bias corrections come from the step uniform.
 * @param chunkCount chunks in the table that `optimizerTables` made
 */
export function adamUpdate(options: AdamOptions, chunkCount: number, target: Target): Launch {
  const { beta1, beta2, epsilon, weightDecay } = options;
  return {
    shader,
    entry: 'update',
    bind: {
      w: { storage: 'parameters' },
      dw: { storage: 'gradients' },
      m: { storage: 'moment1' },
      v: { storage: 'moment2' },
      chunks: { storage: 'chunks' },
      table: { storage: 'table' },
      report: { storage: 'report' },
    },
    params: {
      chunks: chunkCount,
      beta1,
      one_minus_beta1: 1 - beta1,
      beta2,
      one_minus_beta2: 1 - beta2,
      epsilon,
      decay: weightDecay,
    },
    constants: { WG: 256, CHUNK_ELEMENTS },
    workgroups: foldWorkgroups(chunkCount, target.maxWorkgroupsPerDimension),
  };
}
