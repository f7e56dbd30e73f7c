import type { Target } from '../../../src/core/op';
import { CASES } from '../../../src/ops/cases/support/all';
import type { Tolerance } from '../../../src/ops/cases/support/op_case';
import { familyOf } from '../../../src/core/choices';
import { BACKWARD_INPUT, BACKWARD_WEIGHT, FORWARD } from '../../../src/ops/conv/launch';
import type { ConvProblem } from '../../../src/ops/conv/problem';
import { singleOpGraph } from '../../../src/runtime/single_op';
import { sharedEngine } from '../engine';
import type { JobContext } from '../job';
import { planGraph } from '../simulate';

export interface KernelCase {
  readonly form: ConvProblem['form'];
  readonly kernel: string;
  /** Of the case. */
  readonly name: string;
  readonly tolerance: Tolerance;
}

const products = CASES.filter(({ op }) => /^conv2d|^linear/.test(op.name));

/** Small ones in which much can go wrong: overhang, padding, strides, several images, everything at the end. */
const TELLING = [
  'conv2d_split/1x1 with ReLU',
  'conv2d_grad_input/3x3, add and mask',
  'conv2d/asymmetric everything',
  'conv2d/batch 3, 5x7 planes',
  'conv2d/long sums of ragged lines',
  'conv2d_split/3x3',
  'conv2d_grad_input/stride 2, add and mask',
  'conv2d_fused/3x3 with ReLU',
  'conv2d_grad_input/1x1, add and mask',
  'conv2d/odd channels',
  'conv2d/stride 2, odd sizes',
  'conv2d/stride 2, 1x1',
  'conv2d/12 channels: half a tile',
  'conv2d_fused/3x3 without ReLU',
  'conv2d/reduce2 1x1, full size',
];

/** Every kernel with every case that it can compute on a target; no GPU needed. */
export function possibleCases(target: Target): KernelCase[] {
  const found: KernelCase[] = [];
  for (const { name, op, attrs, inputs, gradients, tolerance } of products) {
    const { graph } = singleOpGraph(op, attrs as never, { inputs, gradients });
    const choose = (problem: string, candidates: readonly string[]): undefined => {
      const form = problem.split(' ')[0] as ConvProblem['form'];
      for (const kernel of candidates) found.push({ form, kernel, name, tolerance });
    };
    planGraph(graph, { target: { ...target, choose } });
  }
  return found;
}

const KERNELS = { forward: FORWARD, backward_input: BACKWARD_INPUT, backward_weight: BACKWARD_WEIGHT };

/** Kernels of the three lists that no case reaches, as `form kernel`. */
export function uncovered(cases: readonly KernelCase[]): string[] {
  const reached = new Set(cases.map(({ form, kernel }) => `${form} ${kernel}`));
  return Object.entries(KERNELS)
    .flatMap(([form, kernels]) => kernels.map(({ name }) => `${form} ${name}`))
    .filter((each) => !reached.has(each));
}

/** What the adapter offers to kernels. */
export async function adapterTarget(context: JobContext, _args: object): Promise<Omit<Target, 'choose'>> {
  return (await sharedEngine(context)).target;
}

/** Each kernel that this adapter can run, with a few cases that it can compute, or with all of them. */
export async function kernelCases(
  context: JobContext,
  { everything }: { everything: boolean },
): Promise<readonly KernelCase[]> {
  const found = possibleCases((await sharedEngine(context)).target);
  if (everything) return found;
  const kernels = new Map<string, KernelCase[]>();
  for (const each of found) {
    const key = `${each.form} ${each.kernel}`;
    kernels.set(key, [...(kernels.get(key) ?? []), each]);
  }
  // A family of one or two sees all of the telling cases; in a larger one each begins at another, and sees one.
  const members = (form: string, family: string) =>
    [...kernels.keys()].filter((key) => key.startsWith(`${form} ${family} `)).length;
  return [...kernels.values()].flatMap((possible, index) => {
    const [first] = possible as [KernelCase, ...KernelCase[]];
    const turned = [...TELLING, ...TELLING].slice(
      index % TELLING.length,
      (index % TELLING.length) + TELLING.length,
    );
    const telling = turned.flatMap((name) => possible.find((each) => each.name === name) ?? []);
    const few = members(first.form, familyOf(first.kernel)) <= 2;
    return telling.length === 0 ? [first] : telling.slice(0, few ? undefined : 1);
  });
}
