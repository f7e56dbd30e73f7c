import type { KernelChoice, LayerShare, Target } from '../../core/op';
import { bytesOf } from '../../core/dtype';
import { atOnce } from '../../core/slices';
import { compile } from '../../graph/compile';
import type { FuseOptions } from '../../graph/fuse_options';
import type { Graph } from '../../graph/graph';
import { layoutFlat } from '../../graph/flat';
import type { Home, PlannedLaunch } from '../../graph/plan';
import { multiplyAddsOf } from '../../graph/work';

/** One way to solve a problem: what it launches, for the first layer that has the problem. */
export interface TuningCandidate {
  readonly kernel: string;
  readonly launches: readonly PlannedLaunch[];
}

/** Layers that get the same kernel. */
export interface TuningProblem {
  /** Key of the problem in choices. */
  readonly problem: string;
  /** Layers that have it, and the multiply-adds of all of them. */
  readonly count: number;
  readonly multiplyAdds: number;
  /** All kernels that can solve it here, the shipped one first. */
  readonly candidates: readonly TuningCandidate[];
}

/**
 * The distinct problems of a graph for which there are several kernels, forward and, if it was differentiated, backward;
 * those with the most multiply-adds first. Pure: no GPU is involved.
 *
 * @param target of an engine; its own `choose` is left aside
 */
export function tuningProblems(graph: Graph, target: Target, fuse: FuseOptions = true): TuningProblem[] {
  const shipped = groups(launchesOf(graph, target, fuse, () => undefined));
  const most = Math.max(0, ...[...shipped.values()].map(({ choice }) => choice.candidates.length));
  const found = new Map([...shipped].map(([problem]) => [problem, [] as TuningCandidate[]]));
  // The graph is planned again with everybody's second, third, ... candidate: planning takes milliseconds.
  for (let rank = 0; rank < most; rank++) {
    const wanted = (problem: string) => shipped.get(problem)?.choice.candidates[rank];
    const ranked = rank === 0 ? shipped : groups(launchesOf(graph, target, fuse, wanted));
    for (const [problem, { choice, launches }] of ranked) {
      if (choice.kernel === wanted(problem)) found.get(problem)?.push({ kernel: choice.kernel, launches });
    }
  }
  return [...shipped]
    .map(([problem, { owners }]) => ({
      problem,
      count: owners.size,
      multiplyAdds: [...owners].reduce((sum, owner) => sum + workOf(owner), 0),
      candidates: found.get(problem) ?? [],
    }))
    .filter(({ candidates }) => candidates.length > 1)
    .sort((a, b) => b.multiplyAdds - a.multiplyAdds);
}

function launchesOf(
  graph: Graph,
  target: Target,
  fuse: FuseOptions,
  choose: NonNullable<Target['choose']>,
): readonly PlannedLaunch[] {
  const layouts = layoutFlat(graph);
  const { launches } = atOnce(compile(graph, layouts, { fuse, target: { ...target, choose } }));
  // A launch that binds a whole flat buffer has size 0, and the program knows the buffer's. Here is no buffer: take the plan's.
  const whole = (home: Home): Home =>
    home.size === 0 ? { ...home, size: bytesOf(layouts.gradients.elements) } : home;
  return launches.map((launch) => {
    const homes = Object.entries(launch.homes).map(([name, home]) => [name, whole(home)] as const);
    return { ...launch, homes: Object.fromEntries(homes) };
  });
}

/** What launches belong to: a node, or one of the layers that a node stands for. */
type Owner = PlannedLaunch['node'] | LayerShare;

const workOf = (owner: Owner): number => ('op' in owner ? multiplyAddsOf(owner) : owner.multiplyAdds);

interface Group {
  readonly choice: KernelChoice;
  readonly owners: Set<Owner>;
  /** Of the first owner. */
  readonly launches: PlannedLaunch[];
}

function groups(launches: readonly PlannedLaunch[]): Map<string, Group> {
  const found = new Map<string, Group>();
  for (const launch of launches) {
    const { choice, node, layer } = launch;
    if (!choice) continue;
    const owner = layer ?? node;
    const group = found.get(choice.problem) ?? { choice, owners: new Set(), launches: [] };
    found.set(choice.problem, group);
    group.owners.add(owner);
    if (group.owners.size === 1) group.launches.push(launch);
  }
  return found;
}
