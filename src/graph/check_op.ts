// What an op's functions give: its author wrote them, and most mistakes would show as wrong numbers only.
import type { GraphNode, Launch, Lowered, TensorSpec, View } from '../core/op';
import { requireArray, requireObject, shown } from '../core/check';
import { ShaderError, ValueError } from '../core/errors';
import { requireSpec } from './check_graph';

/** @throws {ValueError | ShapeError} unless `infer` gave a shape and a type for each output */
export function requireSpecs(label: string, op: string, specs: Readonly<Record<string, TensorSpec>>): void {
  requireObject(label, `what infer of ${op} gives`, specs);
  for (const [name, spec] of Object.entries(specs)) {
    requireSpec(label, `${name} of ${op}`, spec);
  }
}

/** @throws {ValueError} unless `backward` gave a gradient for each input that was wanted, and for no other */
export function requireGradients(
  { op, label, inputs }: GraphNode,
  found: object,
  wanted: ReadonlySet<string>,
): void {
  const what = `what backward of ${op.name} gives`;
  requireObject(label, what, found, [...wanted]);
  const unknown = Object.keys(found).find((name) => !(name in inputs));
  if (unknown) throw new ValueError(label, `${what} has a gradient of no input`, unknown);
}

const PARTS = [
  'shader',
  'entry',
  'bind',
  'params',
  'workgroups',
] as const satisfies readonly (keyof Launch)[];

/**
 * @throws {ValueError} unless `lower` gave launches, of workgroups that can be counted; {ShaderError} if one binds what is
 * no tensor of its node or writes an input, or if none writes an output that somebody reads
 */
export function requireLaunches(
  { op, label, inputs, outputs }: GraphNode,
  views: Readonly<Record<string, View>>,
  lowered: Lowered,
): void {
  const where = `${label} (${op.name})`;
  requireObject(where, 'what lower gives', lowered, ['launches']);
  const [read, made] = [Object.values(inputs), Object.values(outputs)];
  const written = new Set<unknown>();
  for (const launch of requireArray(where, 'launches', lowered.launches)) {
    requireObject(where, 'a launch', launch, PARTS);
    const { shader, entry, bind, workgroups } = launch;
    const kernel = `${where}: ${shader.file}#${entry}`;
    const counts: readonly number[] = workgroups;
    if (counts.length !== 3 || !counts.every((count) => Number.isSafeInteger(count) && count > 0)) {
      throw new ValueError(kernel, 'workgroups must be three whole numbers from 1', shown(workgroups));
    }
    for (const [name, target] of Object.entries(bind)) {
      requireObject(kernel, `what ${name} is bound to`, target);
      const isInput = 'shape' in target && read.includes(target);
      if ('shape' in target && !isInput && !made.includes(target)) {
        throw new ShaderError(kernel, `${name} is bound to what is not the op's`, target.label);
      }
      if (shader.entries[entry]?.[name]?.access !== 'read_write') continue;
      if (isInput) throw new ShaderError(kernel, `writes ${name}, an input`, target.label);
      written.add('flat' in target ? 'flat' : target);
    }
  }
  // What shares memory is written there; gradients of weights may be parts of the flat buffer.
  if (op.sharesMemory !== undefined || written.has('flat')) return;
  for (const [name, value] of Object.entries(outputs)) {
    const { elided, unread } = views[name] as View;
    // `dw.1` is a part of what `dw` is bound to.
    const whole = outputs[name.split('.')[0] as string] ?? value;
    if (!elided && !unread && !written.has(value) && !written.has(whole))
      throw new ShaderError(where, `no launch writes ${name}`);
  }
}
