import { requireText } from '../../core/check';
import { familyOf } from '../../core/choices';
import { ValueError } from '../../core/errors';
import type { Target } from '../../core/op';
import { nearestOf } from '../../core/options';
import { KERNEL_NAMES } from './launch';

/**
 * Chooses one kernel (`quad 16x32`) or the preferred one of a family (`quad`) wherever it can compute the problem.
 *
 *     const engine = await openEngine({ choose: byName('register') });
 * @param wanted the name of a kernel, or of a family such as `register`
 * @throws {ValueError} for a kernel that no form has
 */
export function byName(wanted: string): NonNullable<Target['choose']> {
  requireText('byName', 'the kernel', wanted);
  const names = [...new Set(Object.values(KERNEL_NAMES).flat())];
  const families = [...new Set(names.map(familyOf))];
  if (!families.includes(wanted) && !names.includes(wanted)) {
    const alike = names.filter((name) => familyOf(name) === familyOf(wanted));
    const advice = nearestOf(wanted, alike.length > 0 ? alike : families);
    throw new ValueError('byName', 'there is no such kernel', wanted, advice);
  }
  return (_problem, candidates) => candidates.find((name) => name === wanted || familyOf(name) === wanted);
}
