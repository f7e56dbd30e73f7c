import { requireObject } from '../../core/check';
import type { Target, Value } from '../../core/op';
import { atOnce, type Sliced } from '../../core/slices';
import { gradientNorm, partialSums, REPORT_WORDS } from '../../ops/gradient_norm';
import { optimizerTables } from '../../ops/optimizer_table';
import type { FuseOptions } from '../fuse';
import type { Graph } from '../graph';
import { layoutParameters } from '../parameter_layout';
import { planInSlices, type Plan, type PlanOptions } from '../plan';
import { planWithinInSlices, type RecomputeOptions } from '../recompute/plan_within';
import { lowerBound } from './bound';
import { checkBindings, largestOf, type MemoryLimits } from './limits';
import { MEMORY_USES, type MemoryBytes } from './uses';

/** An optimizer and its state. */
export interface UpdateEstimate {
  readonly optimizer: { readonly kind: 'sgd' | 'adam' };
  /** Parts that a batch comes in. */
  readonly microBatches: number;
  /** Losses of a step, of all micro-batches. */
  readonly losses: number;
}

export interface EstimateOptions {
  /** What kernels are chosen for: an engine's `target`; of tuned kernels, that of `withChoice(engine, byTable(choices))`. */
  readonly target: Target;
  /** What the device can hold: an engine's `device.limits`. Default: anything. */
  readonly limits?: MemoryLimits;
  /** As for a program. Default: none. */
  readonly keep?: Iterable<Value>;
  /** Bytes of buffers for reading back. Default: as much as is kept. */
  readonly staging?: number;
  /** As for a program. Default: all. */
  readonly fuse?: FuseOptions;
  /** As for a program. Default: everything is stored. */
  readonly recompute?: RecomputeOptions;
  /** Whose state is to be counted, where the graph computes gradients of parameters. */
  readonly update?: UpdateEstimate;
}

export interface MemoryEstimate {
  readonly bytes: MemoryBytes;
  /** Sum of `bytes`. */
  readonly total: number;
  /** The largest that is bound as a whole; a device's `maxStorageBufferBindingSize` limits it. */
  readonly largest: { readonly label: string; readonly bytes: number };
  /** What the same kernels cannot do without: `total` with slots that waste nothing. */
  readonly lowerBound: number;
  /** Who lives where in the slots, and when. */
  readonly plan: Plan;
}

/** WebGPU binds uniforms at multiples of 256 bytes. */
const UNIFORM = 256;

/**
 * The GPU memory that a program takes, with its parameters and optimizer, before anything is allocated.
 * @throws {LimitError} naming what is larger than `limits` allow, its size and the limit; where `recompute` cannot be
 * kept to, the least that can
 */
export const estimate = (graph: Graph, options: EstimateOptions): MemoryEstimate =>
  atOnce(estimateInSlices(graph, options));

/** See `estimate`. */
export function* estimateInSlices(graph: Graph, options: EstimateOptions): Sliced<MemoryEstimate> {
  requireObject('estimate', 'the graph', graph, ['nodes', 'parameters']);
  requireObject('estimate', 'its options', options, ['target']);
  const { target, limits, keep = [], fuse = true, recompute, update } = options;
  const parameters = layoutParameters([...graph.parameters.values()].map(({ spec }) => spec));
  const weights = parameters.elements * 4;
  const moments = update ? { sgd: 1, adam: 2 }[update.optimizer.kind] : 0;
  const gradients = update ? Math.min(2, update.microBatches) : 0;
  const flat = [
    { label: 'parameters', bytes: weights },
    ...(update ? [{ label: 'gradients', bytes: weights }] : []),
  ];
  if (limits) checkBindings(flat, limits);
  const kept = new Set(keep);
  const planOptions: PlanOptions = { keep: kept, fuse, guardBytes: 0, target, ...(limits && { limits }) };
  const planned = yield* recompute
    ? planWithinInSlices(graph, parameters, planOptions, recompute)
    : planInSlices(graph, parameters, planOptions);

  const { tenants, launches, slots, tables } = planned;
  const bound = lowerBound(tenants, launches.length);
  const live = (kind: string): number =>
    tenants.reduce((sum, tenant) => {
      const isLive = tenant.first <= bound.dispatch && bound.dispatch <= tenant.last;
      return tenant.kind === kind && isLive ? sum + tenant.bytes : sum;
    }, 0);
  const inSlots = slots.reduce((sum, bytes) => sum + bytes, 0);
  const bytes: MemoryBytes = {
    weights,
    weightGradients: gradients * weights,
    optimizer: moments * weights,
    inputs: live('input'),
    activations: live('activation'),
    gradients: live('gradient'),
    scratch: live('scratch'),
    unused: inSlots - bound.bytes,
    tables:
      Math.max(4, tables.byteLength) +
      (Math.max(1, launches.length) + 1) * UNIFORM +
      (update ? updateTables(parameters, update, target) : 0),
    staging: options.staging ?? keptBytes(planned, kept),
  };
  const total = MEMORY_USES.reduce((sum, use) => sum + bytes[use], 0);
  return {
    bytes,
    total,
    largest: largestOf([...flat, ...tenants]) ?? { label: 'nothing', bytes: 0 },
    lowerBound: total - bytes.unused,
    plan: planned,
  };
}

function updateTables(
  { placements, elements }: ReturnType<typeof layoutParameters>,
  { losses, microBatches }: UpdateEstimate,
  target: Target,
): number {
  const { chunks, table } = optimizerTables([...placements.values()]);
  const norm = gradientNorm({ elements, losses, of: 'gradients' }, target).length;
  const launches = norm + 1 + (microBatches > 1 ? 1 : 0);
  return (
    chunks.byteLength +
    table.byteLength +
    partialSums(elements) * 4 +
    reportBytes(losses) +
    (launches + 1) * UNIFORM
  );
}

/** Bytes of what a step reports: the gradients' norm and so on, then the losses. */
export const reportBytes = (losses: number): number => (REPORT_WORDS + losses) * 4;

const keptBytes = (planned: Plan, values: Iterable<Value>): number =>
  [...values].reduce((sum, value) => sum + (planned.home(value)?.home.size ?? 0), 0);
