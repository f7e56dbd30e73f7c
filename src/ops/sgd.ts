import type { Launch, Storage, Target } from '../core/op';
import { foldWorkgroups } from '../core/rows';
import shader from '../../shaders/sgd.wgsl';
import { CHUNK_ELEMENTS } from './optimizer_table';

export interface SgdOptions {
  /** 0 needs no first moment at all. */
  readonly momentum: number;
  readonly weightDecay: number;
}

const storage = (name: Storage['storage']): Storage => ({ storage: name });

/**
 * One dispatch that updates all parameters as PyTorch's `torch.optim.SGD` (no dampening, no Nesterov) does:
 * m = momentum * m + dw + weightDecay * w, w -= rate * m, m starting from 0. The rate comes from the step uniform.
 * @param chunkCount chunks in the table that `optimizerTables` made
 */
export function sgdUpdate({ momentum, weightDecay }: SgdOptions, chunkCount: number, target: Target): Launch {
  const bind = {
    w: storage('parameters'),
    dw: storage('gradients'),
    chunks: storage('chunks'),
    table: storage('table'),
    report: storage('report'),
  };
  return {
    shader,
    entry: momentum === 0 ? 'update' : 'update_momentum',
    bind: momentum === 0 ? bind : { ...bind, m: storage('moment1') },
    params: { chunks: chunkCount, momentum, decay: weightDecay },
    constants: { WG: 256, CHUNK_ELEMENTS },
    workgroups: foldWorkgroups(chunkCount, target.maxWorkgroupsPerDimension),
  };
}
