import type { Engine } from '../gpu/engine';
import { familyOf } from '../core/choices';
import { KERNEL_NAMES } from '../ops/conv/launch';
import type { ConvProblem } from '../ops/conv/problem';
import { CASES } from '../ops/cases/support/all';
import type { OpCase } from '../ops/cases/support/op_case';
import { opOf, type Check } from './check';
import { networkCheck } from './network';
import { checkOf, kernelsFor } from './op_check';
import { searchCheck, updateCheck, UPDATES } from './updates';

const FORMS = Object.keys(KERNEL_NAMES) as ConvProblem['form'][];

const ours = CASES.filter(({ doctor }) => doctor !== undefined);
const named = (op: string): OpCase[] => ours.filter((each) => opOf(each) === op);

/** Every kernel of a form is tried on these, as far as it can: one form in each, so that one kernel answers for it. */
const convolutions = named('conv2d');
/** Linear layers are convolutions to the same kernels: the engine's choice is enough. */
const linears = named('linear');
const others = ours.filter((each) => !convolutions.includes(each) && !linears.includes(each));

const isAbout = ({ doctor }: OpCase, form: ConvProblem['form']): boolean =>
  doctor?.outputs === form || doctor?.gradients === form;

/** Kernels in a family up to which each sees all cases everywhere. */
const SMALL_FAMILY = 2;

/**
 * All checks for an adapter, the network last. Each kernel that it can run is forced on all convolutions that it can
 * compute; on software adapters, where pipelines take long to compile, kernels of large families see one each.
 */
export const allChecks = (engine: Engine): Check[] => [
  ...FORMS.flatMap((form) => kernelChecks(form, engine)),
  ...FORMS.flatMap((form) => linears.flatMap((each) => shippedCheck(each, form, engine))),
  ...others.map((each) => checkOf(each)),
  ...UPDATES.map(updateCheck),
  searchCheck,
  networkCheck,
];

/** By the engine's choice, which the report is to name. */
function shippedCheck(opCase: OpCase, form: ConvProblem['form'], engine: Engine): Check[] {
  const [kernel] = kernelsFor(opCase, form, engine);
  return isAbout(opCase, form) && kernel !== undefined ? [checkOf(opCase, { form, kernel })] : [];
}

function kernelChecks(form: ConvProblem['form'], engine: Engine): Check[] {
  const cases = convolutions
    .filter((each) => isAbout(each, form))
    .map((opCase) => ({ opCase, kernels: kernelsFor(opCase, form, engine) }));
  const names = KERNEL_NAMES[form];
  return names.flatMap((kernel, index) => {
    const possible = cases.filter(({ kernels }) => kernels.includes(kernel));
    const family = names.filter((name) => familyOf(name) === familyOf(kernel));
    // Neighbours in the list see different cases, so that the family sees them all.
    const few = engine.software && family.length > SMALL_FAMILY;
    const some = few ? possible.filter((_, place) => place === index % possible.length) : possible;
    return some.map(({ opCase }) => checkOf(opCase, { form, kernel }));
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
