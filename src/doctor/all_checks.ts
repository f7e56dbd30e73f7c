import type { Engine } from '../gpu/engine';
import { KERNEL_NAMES } from '../ops/conv/launch';
import type { ConvProblem } from '../ops/conv/problem';
import type { Check } from './check';
import { CONVOLUTIONS, LINEARS } from './conv_cases';
import { networkCheck } from './network';
import { checkOf, kernelsFor, type OpCase } from './op_check';
import { OTHER_OPS } from './op_cases';
import { searchCheck, updateCheck, UPDATES } from './updates';

/** Cases for a kernel; more would take long where pipelines do, on software adapters. */
const CASES_PER_KERNEL = 2;

const FORMS = Object.keys(CONVOLUTIONS) as ConvProblem['form'][];

/**
 * All checks for an adapter, the network last. Each kernel that it can run is forced on some convolutions, each case is
 * computed by the engine's choice, and by others as it comes.
 */
export const allChecks = (engine: Engine): Check[] => [
  ...FORMS.flatMap((form) => kernelChecks(form, engine)),
  ...FORMS.flatMap((form) => LINEARS.flatMap((each) => shippedCheck(each, form, engine))),
  ...OTHER_OPS.map((each) => checkOf(each)),
  ...UPDATES.map(updateCheck),
  searchCheck,
  networkCheck,
];

/** By the engine's choice, which the report is to name. */
function shippedCheck(opCase: OpCase, form: ConvProblem['form'], engine: Engine): Check[] {
  const [kernel] = kernelsFor(opCase, form, engine);
  const isAbout = opCase.outputs === form || opCase.gradientsBy === form;
  return isAbout && kernel !== undefined ? [checkOf(opCase, { form, kernel })] : [];
}

function kernelChecks(form: ConvProblem['form'], engine: Engine): Check[] {
  const cases = CONVOLUTIONS[form].map((opCase) => ({ opCase, kernels: kernelsFor(opCase, form, engine) }));
  return KERNEL_NAMES[form].flatMap((kernel, index) => {
    const possible = cases.filter(({ kernels }) => kernels.includes(kernel));
    // Neighbours in the list begin at different cases, so that a family sees them all.
    const turned = [...possible.keys()].map((place) => (place + index) % possible.length);
    const some = new Set(turned.slice(0, CASES_PER_KERNEL));
    return possible
      .filter(({ kernels }, place) => some.has(place) || kernels[0] === kernel)
      .map(({ opCase }) => checkOf(opCase, { form, kernel }));
  });
}

/** Kernels of convolutions that no case reaches on this adapter, as `form kernel`. */
export const unreached = (engine: Engine): string[] => {
  const checks = allChecks(engine);
  return FORMS.flatMap((form) => {
    const about = checks.filter(({ directions }) => directions.includes(form)).map(({ kernel }) => kernel);
    return KERNEL_NAMES[form].filter((name) => !about.includes(name)).map((name) => `${form} ${name}`);
  });
};
