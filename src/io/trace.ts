import { requireArray, requireNumber, requireObject, requireRecord, requireText } from '../core/check';
import { nodeTime, type Profile, type ProfiledNode } from '../runtime/profile';

/** One event of the Trace Event Format; times in microseconds. */
type TraceEvent =
  | {
      readonly ph: 'X';
      readonly name: string;
      readonly cat: string;
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
      readonly dur: number;
      readonly args: Readonly<Record<string, string | number>>;
    }
  | {
      readonly ph: 'M';
      readonly name: 'process_name' | 'thread_name';
      readonly pid: number;
      readonly tid: number;
      readonly args: { readonly name: string };
    };

/** Rows of the trace: layers above the launches that they are made of. */
const LAYERS = 1;
const LAUNCHES = 2;

/**
 * Profiles as a file for chrome://tracing or https://ui.perfetto.dev (the "Trace Event Format", JSON object form); each
 * profile is a process of its own in it, called by its name.
 * @param profiles what `profileProgram` or `fit` measured, one after the other
 * @throws {ValueError} for what is no profile, or holds a time that is no number
 */
export function traceFile(profiles: Readonly<Record<string, Profile>>): string {
  requireRecord('trace', 'profiles', profiles);
  for (const [name, profile] of Object.entries(profiles)) checkProfile(`trace, ${name}`, profile);
  const traceEvents = Object.entries(profiles).flatMap(([name, profile], index) =>
    eventsOf(name, profile, index + 1),
  );
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents })}\n`;
}

function checkProfile(where: string, profile: Profile): void {
  requireObject(where, 'a profile', profile, ['adapter', 'nodes']);
  requireText(where, 'the adapter', profile.adapter);
  for (const node of requireArray(where, 'nodes', profile.nodes)) {
    requireObject(where, 'a node', node, ['layer', 'launches']);
    for (const { start, milliseconds } of node.launches) {
      requireNumber(where, `the start of ${node.layer}`, start);
      requireNumber(where, `the time of ${node.layer}`, milliseconds, 0);
    }
  }
}

function eventsOf(name: string, { adapter, nodes }: Profile, pid: number): TraceEvent[] {
  const label = (what: 'process_name' | 'thread_name', tid: number, text: string): TraceEvent => ({
    ph: 'M',
    name: what,
    pid,
    tid,
    args: { name: text },
  });
  return [
    label('process_name', LAYERS, `${name} on ${adapter}`),
    label('thread_name', LAYERS, 'layers'),
    label('thread_name', LAUNCHES, 'launches'),
    ...nodes.flatMap((node) => [layerEvent(node, pid), ...launchEvents(node, pid)]),
  ];
}

function layerEvent(node: ProfiledNode, pid: number): TraceEvent {
  const { layer, op, part, launches, multiplyAdds, bytes } = node;
  const [first, last] = [launches[0], launches.at(-1)];
  const start = first?.start ?? 0;
  const end = last ? last.start + last.milliseconds : start;
  const milliseconds = nodeTime(node);
  const rate = multiplyAdds > 0 && milliseconds > 0 && { 'GFLOP/s': (2 * multiplyAdds) / milliseconds / 1e6 };
  return {
    ph: 'X',
    name: `${layer} ${op}`,
    cat: part,
    pid,
    tid: LAYERS,
    ts: start * 1000,
    dur: (end - start) * 1000,
    args: { 'multiply-adds': multiplyAdds, bytes, ...rate },
  };
}

const launchEvents = ({ layer, part, launches }: ProfiledNode, pid: number): TraceEvent[] =>
  launches.map(({ kernel, workgroups, start, milliseconds }) => ({
    ph: 'X',
    name: kernel,
    cat: part,
    pid,
    tid: LAUNCHES,
    ts: start * 1000,
    dur: milliseconds * 1000,
    args: { layer, workgroups: workgroups.join(' x ') },
  }));
