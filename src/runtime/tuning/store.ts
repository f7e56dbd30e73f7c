import type { Engine } from '../../gpu/engine';
import type { KernelChoices } from '../../ops/conv/choices';
import type { TuningProblem } from './problems';

/** Keeps what `tune` found, under a key that says for which adapter and kernels it holds. */
export interface ChoiceStore {
  /** What was kept; undefined if nothing. `tune` takes nothing on trust, so it may be anything. */
  get(key: string): Promise<unknown>;
  set(key: string, entry: StoredChoices): Promise<void>;
}

export interface StoredChoices {
  /** Once more, against mixed-up entries. */
  readonly key: string;
  readonly choices: KernelChoices;
}

/** Entries that a store keeps: other graphs, adapters and versions of the kernels. */
export const MOST_ENTRIES = 32;

/**
 * A store in one text that somebody else keeps, such as a file.
 * @param write should replace the text as a whole or not at all
 */
export function textStore(
  read: () => Promise<string | undefined>,
  write: (text: string) => Promise<void>,
): ChoiceStore {
  const entries = async (): Promise<[string, unknown][]> => {
    try {
      const parsed = JSON.parse((await read()) ?? '{}') as unknown;
      return isRecord(parsed) ? Object.entries(parsed) : [];
    } catch {
      return []; // Broken: it will be written anew.
    }
  };
  return {
    get: async (key) => (await entries()).find(([name]) => name === key)?.[1],
    async set(key, entry) {
      const others = (await entries()).filter(([name]) => name !== key).slice(1 - MOST_ENTRIES);
      await write(`${JSON.stringify(Object.fromEntries([...others, [key, entry]]), undefined, 1)}\n`);
    },
  };
}

/**
 * Says for what choices hold: the adapter with its limits, the browser, the graph's problems, and all that the kernels
 * launch, down to their text.
 */
export async function storeKey(
  { adapterInfo, adapterName, device, target }: Engine,
  problems: readonly TuningProblem[],
): Promise<string> {
  const { maxWorkgroupsPerDimension, parallelWorkgroups, maxWorkgroupStorage } = target;
  const adapter = {
    ...adapterInfo,
    limits: [maxWorkgroupsPerDimension, parallelWorkgroups, maxWorkgroupStorage],
    invocations: target.maxInvocationsPerWorkgroup,
    subgroupSize: target.subgroupSize,
    features: [...device.features].sort(),
    browser: (globalThis.navigator as Navigator | undefined)?.userAgent,
  };
  return `${adapterName}, ${await digest(adapter)}, kernels ${await kernelVersion(problems)}`;
}

/** Changes with anything that kernels do: shaders, constants, sizes, names, order. */
export function kernelVersion(problems: readonly TuningProblem[]): Promise<string> {
  const shaders = new Set<string>();
  const kernels = problems.map(({ problem, candidates }) => [
    problem,
    candidates.map(({ kernel, launches }) => [
      kernel,
      launches.map(({ shader, entry, params, constants, variant, workgroups }) => {
        shaders.add(shader.source);
        return [shader.file, entry, params, constants, variant, workgroups];
      }),
    ]),
  ]);
  return digest([kernels, [...shaders]]);
}

/** A stored entry's choices, if they are of this key and name a kernel for each problem that can solve it. */
export function checkedChoices(
  entry: unknown,
  key: string,
  problems: readonly TuningProblem[],
): KernelChoices | undefined {
  if (!isRecord(entry) || entry['key'] !== key || !isRecord(entry['choices'])) return undefined;
  const given = new Map(Object.entries(entry['choices']));
  const choices: Record<string, string> = {};
  for (const { problem, candidates } of problems) {
    const kernel = given.get(problem);
    if (!candidates.some((candidate) => candidate.kernel === kernel)) return undefined;
    choices[problem] = kernel as string;
  }
  return choices;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** 16 hexadecimal digits of SHA-256. */
async function digest(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
