import type { JobContext } from '../job';
import { sharedEngine } from '../engine';
import { runCase, type OpReport } from './check_op';
import type { Target } from '../../../src/core/op';
import { withChoice } from '../../../src/gpu/engine';
import { caseNamed } from '../../../src/ops/cases/support/all';
import { byName } from '../../../src/ops/conv/by_name';

/** Runs a case, by name, as on an adapter that takes few workgroups in a dimension; convolutions by `family`. */
export async function checkFolded(
  context: JobContext,
  { name, family, limit }: { name: string; family: string; limit: number },
): Promise<Omit<OpReport, 'forced'>> {
  const shared = await sharedEngine(context);
  const engine = family === '' ? shared : withChoice(shared, byName(family));
  const target: Target = { ...engine.target, maxWorkgroupsPerDimension: limit };
  return runCase({ ...engine, target }, caseNamed(name));
}
