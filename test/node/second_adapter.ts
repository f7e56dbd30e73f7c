/** What to set in the environment so that Vulkan takes a driver. */
export type Driver = Readonly<Record<string, string>>;

/** What the search asks of the machine; its tests hand in another one. */
export interface Machine {
  /** Lavapipe's, undefined where it is not registered. */
  lavapipe(): Driver | undefined;
  /** Has Dawn look for an adapter, in a process of its own; gives its name, or what was told in place of one. */
  probe(driver: Driver): Promise<{ readonly ok: boolean; readonly told: string }>;
  /** Installs lavapipe, or says why it cannot. */
  install(): Promise<string | undefined>;
}

export interface Adapter {
  readonly driver: Driver;
  readonly name: string;
}

/** Why there is none; `excused` where nothing on this machine could bring one. */
export interface NoAdapter {
  readonly reason: string;
  readonly excused: boolean;
}

/**
 * The adapter that Dawn's tests run on: lavapipe where it is there, else another. With `install` it is lavapipe, which is
 * installed where it is missing or of no use to Dawn.
 */
export async function secondAdapter(machine: Machine, install: boolean): Promise<Adapter | NoAdapter> {
  const found = await look(machine, install);
  if ('name' in found || !install) return found;
  const refusal = await machine.install();
  if (refusal !== undefined) return { reason: `${found.reason}: ${refusal}`, excused: true };
  return look(machine, install);
}

async function look(machine: Machine, needLavapipe: boolean): Promise<Adapter | NoAdapter> {
  const driver = machine.lavapipe();
  if (!driver && needLavapipe) return { reason: 'lavapipe is not installed', excused: false };
  const { ok, told } = await machine.probe({ ...driver });
  if (ok) return { driver: { ...driver }, name: told };
  return { reason: `the driver does not do for Dawn (${told})`, excused: false };
}
