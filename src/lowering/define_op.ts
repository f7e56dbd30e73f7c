import type { GraphNode, Gradients, Launch, Lowered, Named, Op, TensorSpec, View } from '../core/op';
import { isTyped, requireArray, requireObject, requireRecord, requireWhole, shown } from '../core/check';
import { ShaderError, ValueError } from '../core/errors';
import { checkOptions, requireKnown, type Rules } from '../core/options';
import * as is from '../core/rules';
import { requireSpec } from '../core/spec';

const OP: Rules<Op> = {
  name: is.needed(is.text),
  infer: is.needed(is.callable),
  lower: is.needed(is.callable),
  backward: is.callable,
  attributes: is.list(is.text),
  orders: is.having(),
  sharesMemory: is.oneOf('reshape', 'slice', 'concat'),
  epilogue: is.having('output', 'inputs'),
  below: is.callable,
  classifying: is.callable,
  multiplyAdds: is.callable,
};

/**
 * An op of your own, whose functions are checked whenever they are asked: most of their mistakes would show as wrong numbers
 * only. It is the same op otherwise; the library's own come without, since tests try each of them.
 *
 *     const silu = defineOp({ name: 'silu', infer, lower, backward });
 *
 * @param op what it is called, and its functions
 * @throws {ValueError} for what no op has. The op's functions then throw {ValueError}, {ShapeError} or {ShaderError} for an
 *   output without shape or type; a gradient of no input, of another type, or left out where it is wanted (give undefined where
 *   it stops); a launch with what no launch has, that binds what is not the op's, writes an input, or has numbers that its
 *   `Params` cannot hold; an output that no launch writes, and an input of an epilogue that none reads
 */
export function defineOp<I extends string, O extends string, A>(op: Op<I, O, A>): Op<I, O, A> {
  checkOptions<Op>('defineOp', op, OP);
  const { name } = op;
  const checked: Pick<Op<I, O, A>, 'infer' | 'lower' | 'backward'> = {
    infer(where, inputs, attrs) {
      const specs = op.infer(where, inputs, attrs);
      requireSpecs(where, name, specs);
      return specs;
    },
    lower(node, views, target) {
      const lowered = op.lower(node, views, target);
      requireLaunches(node, views, lowered);
      return lowered;
    },
    ...(op.backward && {
      backward(builder, node, gradients, wanted) {
        const found = op.backward?.(builder, node, gradients, wanted) as Gradients<I>;
        requireGradients(node, found, wanted);
        return found;
      },
    }),
  };
  return Object.assign(Object.create(op) as Op<I, O, A>, checked);
}

function requireSpecs(label: string, op: string, specs: Named<string, TensorSpec>): void {
  requireRecord(label, `what infer of ${op} gives`, specs);
  const outputs = Object.entries(specs);
  if (outputs.length === 0) throw new ValueError(label, `${op} has no outputs`);
  for (const [name, spec] of outputs) requireSpec(label, `${name} of ${op}`, spec);
}

function requireGradients(
  { op, label, inputs }: GraphNode,
  found: Gradients<string>,
  wanted: ReadonlySet<string>,
): void {
  const what = `what backward of ${op.name} gives`;
  requireObject(label, what, found);
  const missing = [...wanted].find((name) => inputs[name]?.dtype === 'f32' && !(name in found));
  if (missing !== undefined) {
    throw new ValueError(label, `${what} lacks ${missing}`, undefined, 'undefined, where a gradient stops');
  }
  for (const [name, value] of Object.entries(found)) {
    if (!(name in inputs)) {
      const advice = `its inputs are ${Object.keys(inputs).join(', ')}`;
      throw new ValueError(label, `${what} has a gradient of no input`, name, advice);
    }
    if (value === undefined) continue;
    requireObject(label, `the gradient of ${name}`, value, ['label', 'shape', 'dtype']);
    if (value.dtype !== 'f32')
      throw new ValueError(label, `the gradient of ${name} must hold float32 numbers`, value.dtype);
  }
}

const NEEDED = [
  'shader',
  'entry',
  'bind',
  'params',
  'workgroups',
] as const satisfies readonly (keyof Launch)[];
const PARTS: readonly string[] = [
  ...NEEDED,
  'layer',
  'choice',
  'constants',
  'variant',
] satisfies (keyof Launch)[];

function requireLaunches(node: GraphNode, views: Readonly<Record<string, View>>, lowered: Lowered): void {
  const { op, label, inputs, outputs } = node;
  const where = `${label} (${op.name})`;
  requireObject(where, 'what lower gives', lowered, ['launches']);
  const bound = new Set<unknown>();
  const written = new Set<unknown>();
  for (const launch of requireArray(where, 'launches', lowered.launches)) {
    requireObject(where, 'a launch', launch, NEEDED);
    requireKnown(where, launch, PARTS);
    requireObject(where, 'the shader of a launch', launch.shader, ['file', 'source', 'entries', 'structs']);
    const { shader, entry, bind } = launch;
    const kernel = `${where}: ${shader.file}#${entry}`;
    requireNumbers(kernel, launch);
    requireObject(kernel, 'bind', bind);
    for (const [name, target] of Object.entries(bind)) {
      requireTarget(kernel, name, target, node);
      bound.add(target);
      const access = shader.entries[entry]?.[name]?.access;
      requireSameType(kernel, name, target, launch);
      if (access === 'read_write' && Object.values<unknown>(inputs).includes(target))
        throw new ShaderError(
          kernel,
          `writes ${name}, an input`,
          shown((target as { label?: string }).label),
        );
      // What the shader does not have, the program says.
      if (access !== 'read') written.add('flat' in target ? 'flat' : target);
    }
  }
  for (const name of op.epilogue?.inputs ?? []) {
    const value = inputs[name];
    if (value && !bound.has(value))
      throw new ShaderError(where, `no launch reads ${name}, which its epilogue promises`);
  }
  // What shares memory is written there; gradients of weights may be parts of the flat buffer.
  if (op.sharesMemory !== undefined || written.has('flat')) return;
  for (const [name, value] of Object.entries(outputs)) {
    const { elided, unread } = views[name] as View;
    if (!elided && !unread && !written.has(value)) throw new ShaderError(where, `no launch writes ${name}`);
  }
}

function requireTarget(kernel: string, name: string, target: Launch['bind'][string], node: GraphNode): void {
  requireObject(kernel, `what ${name} is bound to`, target);
  if ('shape' in target) {
    const own: readonly unknown[] = [...Object.values(node.inputs), ...Object.values(node.outputs)];
    if (!own.includes(target))
      throw new ShaderError(kernel, `${name} is bound to no input or output of the op`, target.label);
  } else if ('table' in target) {
    if (!isTyped(target.words, 'Uint32Array'))
      throw new ValueError(kernel, `the words of ${name} must be a Uint32Array`, shown(target.words));
  } else if ('scratch' in target) requireWhole(kernel, `the elements of ${name}`, target.elements, 1);
}

/** Kernels read bits: labels read as f32 are numbers near 0. A text that casts bits, or does not tell, is believed. */
function requireSameType(
  kernel: string,
  name: string,
  target: Launch['bind'][string],
  { shader, variant = {} }: Launch,
): void {
  if (!('shape' in target) || /\bbitcast\b/.test(shader.source)) return;
  const find = (pattern: string): string | undefined => new RegExp(pattern, 'm').exec(shader.source)?.[1];
  const element = find(String.raw`\bvar\s*<[^>]*>\s*${name}\s*:\s*array\s*<\s*(\w+)`) ?? '';
  const type = String(variant[element] ?? find(String.raw`^alias\s+${element}\s*=\s*(\w+)`) ?? element);
  const letter = /^(?:vec\d)?([fiu])(?:32)?$/.exec(type)?.[1]?.replace('i', 'u');
  if (letter !== undefined && letter !== target.dtype[0])
    throw new ShaderError(kernel, `${name} holds ${type}, and ${target.label} ${target.dtype}`);
}

/** Of workgroups, constants and fields; the program compares the fields' names, and whole numbers without a sign. */
function requireNumbers(kernel: string, { shader, params, constants = {}, workgroups }: Launch): void {
  const counts: readonly unknown[] = Array.isArray(workgroups) ? workgroups : [];
  if (counts.length !== 3 || !counts.every((count) => Number.isSafeInteger(count) && (count as number) > 0)) {
    throw new ValueError(kernel, 'workgroups must be three whole numbers from 1', shown(workgroups));
  }
  requireObject(kernel, 'params', params);
  const number = is.number();
  for (const [name, value] of Object.entries(constants)) {
    if (typeof value === 'boolean') continue;
    number(kernel, name, value);
    if (!Number.isInteger(value) && new RegExp(String.raw`\b${name}\s*:\s*[ui]32`).test(shader.source))
      throw new ValueError(kernel, `${name} must be a whole number`, shown(value));
  }
  for (const [name, value] of Object.entries(params)) {
    const type = shader.structs['Params']?.fields[name]?.type;
    if (type === 'f32') number(kernel, name, value);
    if (type !== 'i32') continue;
    if ((value | 0) !== value)
      throw new ValueError(kernel, `${name} must be a whole number of 32 bits`, shown(value));
  }
}
