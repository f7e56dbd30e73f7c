import { requireArray, requireObject, shown } from '../core/check';
import { ValueError } from '../core/errors';
import { nearestOf } from '../core/options';
import type { Engine } from '../gpu/engine';
import { kernelKey } from '../ops/conv/choose';
import { KERNEL_NAMES } from '../ops/conv/launch';
import type { ConvProblem } from '../ops/conv/problem';
import type { Diagnosis } from './diagnose';

const FORMS = Object.keys(KERNEL_NAMES) as ConvProblem['form'][];
const ALL = FORMS.flatMap((form) => KERNEL_NAMES[form].map((kernel) => kernelKey(form, kernel)));

/**
 * The same engine, whose programs get none of these kernels from now on, whatever its choice says; it need not be
 * destroyed apart. What was excluded before stays so.
 *
 *     const trainer = await Trainer.create(withoutKernels(engine, failedKernels(await diagnose(engine))), options);
 *
 * @param kernels `forward quad 16x32`: a form and a kernel, as `failedKernels` gives them
 * @throws {ValueError} for a kernel that does not exist. A program that needs one for a problem where none is left throws
 * an EngineError as it is made: the last kernel of each form takes any problem, unless it is excluded too.
 */
export function withoutKernels(engine: Engine, kernels: readonly string[]): Engine {
  requireObject('withoutKernels', 'the engine', engine, ['target']);
  requireKernels('withoutKernels', requireArray('withoutKernels', 'the kernels', kernels));
  const exclude = new Set([...(engine.target.exclude ?? []), ...kernels]);
  return { ...engine, target: { ...engine.target, exclude } };
}

/** True for the names that `withoutKernels` takes. */
export const isKernel = (name: unknown): boolean => (ALL as readonly unknown[]).includes(name);

/** @throws {ValueError} unless these are kernels, with the names of all */
export function requireKernels(where: string, kernels: readonly unknown[]): void {
  const unknown = kernels.findIndex((kernel) => !isKernel(kernel));
  if (unknown < 0) return;
  const given = kernels[unknown];
  const advice = nearestOf(typeof given === 'string' ? given : '', ALL);
  throw new ValueError(where, 'there is no such kernel', shown(given), advice);
}

/**
 * The kernels that were found wrong, or that the adapter refused, for `withoutKernels`.
 * @param diagnosis what `diagnose` found
 * @throws {ValueError} unless it is given a diagnosis
 */
export function failedKernels(diagnosis: Diagnosis): string[] {
  requireObject('failedKernels', 'the diagnosis', diagnosis, ['findings']);
  const findings = requireArray('failedKernels', 'its findings', diagnosis.findings);
  const failed = findings.flatMap(({ ok, kernel, direction }) => {
    const form = FORMS.find((each) => each === direction);
    return ok || kernel === undefined || !form ? [] : [kernelKey(form, kernel)];
  });
  return [...new Set(failed)];
}
