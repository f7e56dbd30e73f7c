// The Table 1 network as it is run and as it is trained, planned without a GPU.
import { TARGETS } from '../../src/core/targets';
import { estimate, type MemoryEstimate } from '../../src/graph/memory/estimate';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { estimateTraining } from '../../src/train/estimate';

export const MODES = ['infer', 'train'] as const;
export type Mode = (typeof MODES)[number];
export type TargetName = keyof typeof TARGETS;

export interface MemoryRow {
  readonly mode: Mode;
  readonly batch: number;
  readonly memory: MemoryEstimate;
  /** To plan it. */
  readonly milliseconds: number;
}

/** Inference with the main classifier, training with all three and Adam; weights and inputs included. */
export function planNetwork(mode: Mode, batch: number, targetName: TargetName): MemoryRow {
  const start = performance.now();
  const target = TARGETS[targetName];
  const shape = { classes: 1000, batch };
  const net = googlenet(mode === 'train' ? { ...shape, mode } : { ...shape, aux: false });
  const memory =
    mode === 'train'
      ? estimateTraining({ ...net, heads: googlenetHeads(net) }, { target, optimizer: { kind: 'adam' } })
      : estimate(net.graph, { target, keep: [net.scores2] });
  return { mode, batch, memory, milliseconds: performance.now() - start };
}
