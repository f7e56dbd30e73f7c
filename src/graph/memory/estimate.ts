import { requireObject } from '../../core/check';
import { checkOptions, group, type Rules } from '../../core/options';
import * as is from '../../core/rules';
import type { Target, Value } from '../../core/op';
import { atOnce, type Sliced } from '../../core/slices';
import { bytesOf } from '../../core/dtype';
import type { Optimizer } from '../../optim/optimizer';
import { updateStage, type StageOptions, type UpdateStage } from '../../optim/stage';
import { compile } from '../compile';
import type { RecomputeOptions } from '../plan_nodes';
import { FUSE, type FuseOptions } from '../fuse_options';
import type { Graph } from '../graph';
import { layoutFlat } from '../flat';
import { slotBytes, type Plan } from '../plan';
import { lowerBound } from './lifetimes';
import { adviceForFlat, checkBindings, largestOf, type MemoryLimits } from './limits';

/**
 * What GPU memory is for. Inputs, activations (results of the forward part), gradients (results of the backward part) and
 * scratch (kernels' working memory) lie in slots and are counted at the dispatch that needs most of them; `unused` is
 * what the slots have beyond that. `tables` are uniforms, too; `staging` is for reading back.
 */
export const MEMORY_USES = [
  'weights',
  'weightGradients',
  'optimizer',
  'inputs',
  'activations',
  'gradients',
  'scratch',
  'unused',
  'tables',
  'staging',
] as const;

/** Bytes of GPU memory for each use. */
export type MemoryBytes = Readonly<Record<(typeof MEMORY_USES)[number], number>>;

/** An optimizer, and what goes with it. */
export interface UpdateEstimate extends StageOptions {
  readonly optimizer: Optimizer;
}

/** What an estimate assumes of the adapter, and of the program that will be made. */
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

/** The GPU memory that a program would take, in bytes. */
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

export const ESTIMATE: Rules<EstimateOptions> = {
  target: is.needed(is.having('maxWorkgroupsPerDimension', 'parallelWorkgroups')),
  limits: is.having('maxBufferSize', 'maxStorageBufferBindingSize'),
  keep: is.iterable,
  staging: is.whole(0),
  fuse: FUSE,
  recompute: group<RecomputeOptions>({ memory: is.needed(is.anything) }), // compile says what else it must be
  update: is.having('optimizer'),
};

/** WebGPU binds uniforms at multiples of 256 bytes. */
const UNIFORM = 256;

/**
 * The GPU memory that a program takes, with its parameters and optimizer, before anything is allocated.
 * @param graph with its gradients, if it has any
 * @throws {LimitError} naming what is larger than `limits` allow, its size and the limit; where `recompute` cannot be
 * kept to, the least that can
 */
export const estimate = (graph: Graph, options: EstimateOptions): MemoryEstimate =>
  atOnce(estimating(graph, options));

/** The work of `estimate`. */
export function* estimating(graph: Graph, options: EstimateOptions): Sliced<MemoryEstimate> {
  requireObject('estimate', 'the graph', graph, ['nodes', 'variables']);
  checkOptions('estimate', options, ESTIMATE);
  const { target, limits, keep = [], update } = options;
  const all = layoutFlat(graph);
  // Without an update programs read the variables themselves.
  const layouts = update ? all : { ...all, state: undefined };
  const stage = update && updateStage(update.optimizer, layouts, update, target);
  const weights = bytesOf(layouts.variables.elements);
  const flatBytes = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (stage?.bytes[name] ?? 0), 0);
  const flat = [
    { label: 'variables', bytes: weights, advice: adviceForFlat(layouts.variables) },
    ...(stage
      ? [{ label: 'gradients', bytes: flatBytes(['gradients']), advice: adviceForFlat(layouts.gradients) }]
      : []),
  ];
  if (limits) checkBindings(flat, limits);
  const kept = new Set(keep);
  const planned = yield* compile(graph, layouts, { ...options, keep: kept });

  const { tenants, launches, tables } = planned;
  const bound = lowerBound(tenants, launches.length);
  const live = (kind: string): number =>
    tenants.reduce((sum, tenant) => {
      const isLive = tenant.first <= bound.dispatch && bound.dispatch <= tenant.last;
      return tenant.kind === kind && isLive ? sum + tenant.bytes : sum;
    }, 0);
  const bytes: MemoryBytes = {
    weights,
    weightGradients: flatBytes(['gradients', 'total']),
    optimizer: flatBytes([...(stage?.slots ?? []), 'state']),
    inputs: live('input'),
    activations: live('activation'),
    gradients: live('gradient'),
    scratch: live('scratch'),
    unused: slotBytes(planned) - bound.bytes,
    tables:
      Math.max(4, tables.byteLength) +
      (Math.max(1, launches.length) + 1) * UNIFORM +
      (stage ? stageTables(stage) : 0),
    staging: options.staging ?? keptBytes(planned, kept),
  };
  const largest = largestOf([...flat, ...tenants]);
  const total = MEMORY_USES.reduce((sum, use) => sum + bytes[use], 0);
  return {
    bytes,
    total,
    largest: { label: largest?.label ?? 'nothing', bytes: largest?.bytes ?? 0 },
    lowerBound: total - bytes.unused,
    plan: planned,
  };
}

/** Bytes of tables, sums and the report, of the uniform of each launch, and that of the step. */
function stageTables({ bytes, flat, accumulate, update }: UpdateStage): number {
  const launches = update.length + (accumulate ? 1 : 0);
  const tables = Object.entries(bytes).filter(([name]) => !flat.includes(name) && name !== 'state');
  return tables.reduce((sum, [, size]) => sum + size, (launches + 1) * UNIFORM);
}

const keptBytes = (planned: Plan, values: Iterable<Value>): number =>
  [...values].reduce((sum, value) => sum + (planned.home(value)?.home.size ?? 0), 0);
