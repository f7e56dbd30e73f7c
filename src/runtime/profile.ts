import type { LayerShare, GraphNode } from '../core/op';
import { requireObject } from '../core/check';
import { checkOptions, group, type Rules } from '../core/options';
import * as is from '../core/rules';
import { STEP, type Step } from '../core/step';
import { submit } from '../gpu/commands';
import { timeEach, type Encode, type TimingMethod } from '../gpu/timing';
import type { PlannedLaunch } from '../graph/plan';
import { workOf, type Work } from '../graph/work';
import { encodeLaunches } from './launches';
import { choiceRule } from '../core/choices';
import type { Program } from './program';
import type { Update } from './update';

/** A part of a run with its time. */
export type ProfiledPart = 'forward' | 'backward' | 'update';

/** A dispatch with its time. */
export interface ProfiledLaunch {
  /** File and entry point: `conv2d.wgsl#forward`; of an update, the file of its rule. */
  readonly kernel: string;
  readonly workgroups: readonly number[];
  /** Milliseconds from the beginning of the profile. */
  readonly start: number;
  readonly milliseconds: number;
}

/** A node of the graph, or a layer's share in it, as it ran, and the least work that its formula asks for. */
export interface ProfiledNode extends Work {
  /** `inception3a.conv2`. */
  readonly layer: string;
  readonly op: string;
  readonly part: ProfiledPart;
  readonly launches: readonly ProfiledLaunch[];
}

/** Where the time of a run went. */
export interface Profile {
  readonly adapter: string;
  /** True where the adapter computes on the CPU. */
  readonly software: boolean;
  readonly method: TimingMethod;
  /** How the kernels were chosen: see `choiceRule`. */
  readonly choices: string;
  readonly nodes: readonly ProfiledNode[];
}

/** Time of a node: of its launches, not of what lies between them. */
export const nodeTime = ({ launches }: ProfiledNode): number =>
  launches.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

/** How a run is timed. */
export interface ProfileOptions {
  readonly step?: Partial<Step>;
  /** Applied after the program, and timed as well. */
  readonly update?: Update;
  /** Encodes what must lie between the two, untimed. */
  readonly collect?: (encoder: GPUCommandEncoder) => void;
}

const OPTIONS: Rules<ProfileOptions> = {
  step: group<Partial<Step>>(STEP),
  update: is.having('parameters', 'optimizer', 'encode'),
  collect: is.callable,
};

/**
 * Runs a program once, launch by launch, and times each: by the device's clock where it has `timestamp-query`, else by
 * waiting for each. What is computed is what `program.run` computes, and then `update`, if given, is applied; it takes
 * longer, as nothing overlaps. Run it once before: the first use of a pipeline may compile it.
 * @throws {ValueError} for options that make no sense; {DeviceLostError}
 */
export async function profileProgram(program: Program, options: ProfileOptions = {}): Promise<Profile> {
  requireObject('profileProgram', 'the program', program, ['launches', 'plan', 'encode']);
  checkOptions('profileProgram', options, OPTIONS);
  const { step = {}, update, collect } = options;
  update?.parameters.requireAlive('profileProgram', program.engine);
  const { engine, launches, plan } = program;
  const works = launches.map((launch, index): Encode => (pass) => {
    // Writes the step's numbers for all that follow.
    if (index === 0) program.encode(pass, { parts: [], step });
    encodeLaunches(engine, pass, [launch]);
  });
  const { method, intervals } = await timeEach(engine, works, program.submitter.ends(launches));
  if (collect) {
    const encoder = engine.device.createCommandEncoder({ label: 'collect' });
    collect(encoder);
    submit(engine, encoder);
  }
  const [updating] = update ? (await timeEach(engine, [(pass) => update.encode(pass, step)])).intervals : [];

  const launched = (index: number, kernel: string, workgroups: readonly number[]): ProfiledLaunch => ({
    kernel,
    workgroups,
    ...(intervals[index] ?? { start: 0, milliseconds: 0 }),
  });
  const nodes = new Map<GraphNode | LayerShare, ProfiledLaunch[]>();
  plan.launches.forEach(({ node, layer, shader, entry, workgroups }, index) => {
    const key = layer ?? node;
    nodes.set(key, [...(nodes.get(key) ?? []), launched(index, `${shader.file}#${entry}`, workgroups)]);
  });
  const profiled = [...nodes].map(([key, launches]): ProfiledNode => {
    const planned = plan.launches.filter(({ layer, node }) => (layer ?? node) === key);
    const [{ part, node }] = planned as [PlannedLaunch];
    return { layer: layerOf(key.label), op: node.op.name, part, ...workOf(planned), launches };
  });
  if (update) {
    const { name, rule } = update.optimizer;
    const last = intervals.at(-1) ?? { start: 0, milliseconds: 0 };
    const start = last.start + last.milliseconds;
    const timed = [{ kernel: rule.file, workgroups: [], start, milliseconds: updating?.milliseconds ?? 0 }];
    const { bytes } = update;
    profiled.push({ layer: 'update', op: name, part: 'update', multiplyAdds: 0, bytes, launches: timed });
  }
  const choices = choiceRule(engine.target);
  return { adapter: engine.adapterName, software: engine.software, method, choices, nodes: profiled };
}

/** The layer that a node is part of: its label without what names one of the layer's ops. */
export const layerOf = (label: string): string =>
  label.replace(/\.(product|biased|gradient_sum)(#\d+)?$/, '');
