import { requireArray, requireObject, requireOneOf, requireWhole, shown } from '../core/check';
import { requireKnown } from '../core/options';
import { ValueError } from '../core/errors';
import { SCALE, type Variable } from '../core/variable';

/** What training does differently to some variables. */
export interface VariableGroup {
  /** Names, or patterns: in a string `*` stands for anything. */
  readonly match: string | RegExp | readonly (string | RegExp)[];
  /** False freezes them: no gradient of theirs is computed, and the optimizer keeps nothing for them. */
  readonly trainable?: boolean;
  /** Factor on the learning rate. */
  readonly rateScale?: number;
  /** Factor on the weight decay: 0 for none. */
  readonly decayScale?: number;
  /** The first step that changes them, counted from 0; the optimizer follows their gradients before, too. Default 0. */
  readonly from?: number;
}

const FIELDS = ['match', 'trainable', 'rateScale', 'decayScale', 'from'] as const;
/** Names that an error lists. */
const LISTED = 16;

/**
 * Variables as some groups have them; of groups that name the same variable the last decides.
 * @param where who names them, in errors
 * @throws {ValueError} for a group that makes no sense, or that names no variable
 */
export function applyGroups(
  variables: readonly Variable[],
  groups: readonly VariableGroup[],
  where = 'groups',
): Variable[] {
  return requireArray(where, 'they', groups).reduce<Variable[]>(
    (list, group) => {
      check(group);
      const { match, ...fields } = group;
      // Callers without types may say that a field is undefined.
      const given = Object.entries<unknown>(fields).filter(([, value]) => value !== undefined);
      const changes: Partial<Variable> = Object.fromEntries(given);
      const patterns = (Array.isArray(match) ? match : [match]) as readonly (string | RegExp)[];
      const isMeant = patterns.map((pattern) => {
        const matches = matcher(pattern);
        if (!list.some(({ name }) => matches(name))) {
          const names = [...new Set(list.map(({ name }) => name.replace(/\..*/, '.*')))];
          const advice = `there are ${names.slice(0, LISTED).join(', ')}${names.length > LISTED ? ', ...' : ''}`;
          throw new ValueError(where, 'no variable is called so', String(pattern), advice);
        }
        return matches;
      });
      return list.map((variable) =>
        isMeant.some((matches) => matches(variable.name)) ? { ...variable, ...changes } : variable,
      );
    },
    [...variables],
  );
}

function matcher(pattern: string | RegExp): (name: string) => boolean {
  if (typeof pattern !== 'string') return (name) => name.search(pattern) >= 0;
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[$()+.?[\\\]^{|}]/g, '\\$&'));
  const whole = new RegExp(`^${parts.join('.*')}$`);
  return (name) => whole.test(name);
}

function check(group: VariableGroup): void {
  requireObject('groups', 'a group', group, ['match']);
  requireKnown('groups', group, FIELDS);
  const { match, trainable = true, rateScale = 1, decayScale = 1, from = 0 } = group;
  if (Array.isArray(match) && match.length === 0)
    throw new ValueError('groups', 'match must name a variable', '[]');
  for (const pattern of Array.isArray(match) ? (match as readonly unknown[]) : [match]) {
    if (typeof pattern === 'string' || pattern instanceof RegExp) continue;
    throw new ValueError('groups', 'match must be a name, a pattern or an array of these', shown(pattern));
  }
  requireOneOf('groups', 'trainable', trainable, [true, false]);
  SCALE('groups', 'rateScale', rateScale);
  SCALE('groups', 'decayScale', decayScale);
  requireWhole('groups', 'from', from, 0);
}
