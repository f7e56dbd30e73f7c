import type { GraphNode, Value, View } from '../../src/core/op';
import type { ShaderModule } from '../../src/core/shader';
import type { Graph } from '../../src/graph/graph';
import { channelsOf, rowsOf } from '../../src/core/rows';
import { layoutFlat } from '../../src/graph/flat';
import { atOnce } from '../../src/core/slices';
import { compile } from '../../src/graph/compile';
import type { CompileOptions } from '../../src/graph/plan_nodes';
import type { Home, Plan, PlannedLaunch } from '../../src/graph/plan';

export const TARGET = { maxWorkgroupsPerDimension: 65535, parallelWorkgroups: 32, rowsFirst: false };

export interface PlannedGraph {
  readonly plan: Plan;
  /** The nodes planned: fused, unless the options say no. */
  readonly nodes: readonly GraphNode[];
  /** Where a value lies, and the value whose memory it shares. */
  readonly view: (value: Value, node?: GraphNode) => View;
  readonly root: (value: Value) => Value;
}

/** Plans a graph, and keeps what the plan was made from. */
export function planGraph(graph: Graph, options: Partial<CompileOptions> = {}): PlannedGraph {
  const layouts = layoutFlat(graph);
  const planned = atOnce(compile(graph, layouts, { target: TARGET, ...options }));
  return { plan: planned, nodes: planned.nodes, ...planned.layout };
}

/** Launches of a plan by the file of their shader. */
export const launchesOf = ({ plan: { launches } }: PlannedGraph, shader: string): PlannedLaunch[] =>
  launches.filter((launch) => launch.shader.file === shader);

/** Channels of rows, in elements from the start of a home. */
interface Region {
  readonly rows: number;
  readonly channels: number;
  readonly offset: number;
  readonly stride: number;
}

type Access = ShaderModule['entries'][string][string]['access'];

const accessOf = ({ shader, entry }: PlannedLaunch, name: string): Access | undefined =>
  shader.entries[entry]?.[name]?.access;

/**
 * Runs a plan on memory that holds, for each element of each slot, only whose element it is. Gives a line for each
 * fault: a launch that reads what nobody wrote or somebody overwrote, that writes an element a second time, writes
 * outside of its slot or binds one slot for reading and writing; a kept value that is gone at the end.
 */
export function simulate(graph: Graph, planned: PlannedGraph, keep: Iterable<Value> = []): string[] {
  const { plan, view, root } = planned;
  const slots = plan.slots.map((bytes) => new Int32Array(bytes / 4).fill(-1));
  const faults: string[] = [];
  const fault = (launch: string, what: string): void => void faults.push(`${launch}: ${what}`);

  /** Visits the elements of a value, or of some of its channels, until `visit` says no; gives where that was. */
  const visitAll = (home: Home, region: Region, visit: (memory: Int32Array, at: number) => boolean) => {
    const memory = slots[home.buffer as number];
    if (!memory) return `there is no buffer ${home.buffer}`;
    const { rows, channels, stride } = region;
    const offset = home.offset / 4 + region.offset;
    if (offset + (rows - 1) * stride + channels > memory.length) return 'the slot ends before';
    for (let row = 0; row < rows; row++) {
      for (let channel = 0; channel < channels; channel++) {
        if (!visit(memory, offset + row * stride + channel)) return `row ${row}, channel ${channel}`;
      }
    }
    return undefined;
  };
  const region = (value: Value): Region => ({
    rows: rowsOf(value),
    channels: channelsOf(value),
    offset: view(value).offset,
    stride: view(value).stride,
  });
  const check = (launch: string, home: Home, value: Value): void => {
    const wrong = visitAll(home, region(value), (memory, at) => memory[at] === root(value).id);
    if (wrong !== undefined) fault(launch, `reads ${value.label}, which is not there: ${wrong}`);
  };
  const write = (launch: string, home: Home, value: Value, to = region(value)): void => {
    const { id } = root(value);
    const wrong = visitAll(home, to, (memory, at) => {
      const fresh = memory[at] !== id;
      memory[at] = id;
      return fresh;
    });
    if (wrong !== undefined) fault(launch, `writes ${value.label} a second time: ${wrong}`);
  };

  for (const value of [...graph.inputs.values(), ...graph.constants.keys()]) {
    const home = plan.home(value)?.home;
    if (typeof home?.buffer === 'number') write('upload', home, value);
  }
  /** Below those of values, which begin at 0, and of nobody. */
  const scratchIds = new Map<GraphNode, Map<string, number>>();
  let lastScratch = -1;
  const scratchId = (node: GraphNode, name: string): number => {
    const ofNode = scratchIds.get(node) ?? new Map<string, number>();
    const id = ofNode.get(name) ?? --lastScratch;
    scratchIds.set(node, ofNode.set(name, id));
    return id;
  };
  for (const launch of plan.launches) {
    const bound = Object.entries(launch.homes).filter(([name]) => accessOf(launch, name) !== undefined);
    const slotsWith = (access: Access) =>
      new Set(bound.filter(([name]) => accessOf(launch, name) === access).map(([, { buffer }]) => buffer));
    for (const buffer of slotsWith('read_write')) {
      if (slotsWith('read').has(buffer)) fault(launch.label, `reads and writes buffer ${buffer}`);
    }
    for (const access of ['read', 'read_write'] as const) {
      for (const [name, home] of bound) {
        const target = launch.bind[name];
        if (typeof home.buffer !== 'number' || !target || accessOf(launch, name) !== access) continue;
        if ('scratch' in target) {
          const first = home.offset / 4;
          const memory = (slots[home.buffer] as Int32Array).subarray(first, first + target.elements);
          const id = scratchId(launch.node, target.scratch);
          if (access === 'read_write') memory.fill(id);
          else if (memory.some((found) => found !== id)) {
            fault(launch.label, `reads ${target.scratch}, which is not there`);
          }
        } else if ('role' in target) {
          if (access === 'read') check(launch.label, home, target);
          else write(launch.label, home, target, copied(launch, target));
        }
      }
    }
  }
  for (const value of keep) {
    const found = plan.home(value);
    if (!found) fault('end', `${value.label} has no home`);
    else if (typeof found.home.buffer === 'number') check('end', found.home, value);
  }
  return faults;
}

/** A copy into a concatenation writes only some channels of its output. */
function copied({ shader, params, variant }: PlannedLaunch, value: Value): Region | undefined {
  if (shader.file !== 'concat.wgsl') return undefined;
  const { channels = 0, y_offset: offset = 0, y_stride: stride = 0 } = params;
  const lanes = variant ? 4 : 1;
  return { rows: rowsOf(value), channels: channels * lanes, offset: offset * lanes, stride: stride * lanes };
}
