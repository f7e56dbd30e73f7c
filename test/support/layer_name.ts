import type { OpTable } from '../../src/ops/cases/support/op_table';

/** What an op is called in `layers`: `avgPool`, if its table names nothing else. */
export const layerName = ({ op: { name }, layer }: OpTable): string =>
  (typeof layer === 'string' ? undefined : layer.name) ??
  name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
