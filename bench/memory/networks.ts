// The Table 1 network as it is run and as it is trained, planned without a GPU.
import { computesOnCpu, TARGETS } from '../../src/core/targets';
import { assumedPace, secondsAt } from '../../src/gpu/pace';
import { estimate, type MemoryEstimate } from '../../src/graph/memory/estimate';
import { workOfEach } from '../../src/graph/work';
import { googlenet, googlenetHeads } from '../../src/models/googlenet';
import { cutSubmits } from '../../src/runtime/submits';
import { estimateTraining } from '../../src/train/estimate';
import { adam } from '../../src/optim/adam';

export const MODES = ['infer', 'train'] as const;
export type Mode = (typeof MODES)[number];
export type TargetName = keyof typeof TARGETS;

export interface MemoryRow {
  readonly mode: Mode;
  readonly batch: number;
  readonly memory: MemoryEstimate;
  /** Of a first run, in the time that an adapter of this kind allows one. */
  readonly submits: number;
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
      ? estimateTraining({ ...net, heads: googlenetHeads(net) }, { target, optimizer: adam() })
      : estimate(net.graph, { target, keep: [net.scores2] });
  const milliseconds = performance.now() - start;
  const pace = assumedPace(computesOnCpu(target));
  const seconds = workOfEach(memory.plan.launches).map((work) => secondsAt(pace, work));
  const submits = cutSubmits(seconds, pace.submitSeconds).length;
  return { mode, batch, memory, submits, milliseconds };
}
