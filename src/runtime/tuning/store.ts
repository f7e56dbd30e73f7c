import { requireFunction } from '../../core/check';
import { FormatError } from '../../core/errors';
import type { Engine } from '../../gpu/engine';
import type { KernelChoices } from '../../core/choices';
import type { TuningProblem } from './problems';

/** Keeps what `tune` found, under a key that says for which adapter and kernels it holds. */
export interface ChoiceStore {
  /** What was kept; undefined if nothing. `tune` takes nothing on trust, so it may be anything. */
  get(key: string): Promise<unknown>;
  /** Keeps choices under a key. */
  set(key: string, entry: StoredChoices): Promise<void>;
}

/** Choices as they are kept. */
export interface StoredChoices {
  /** Once more, against mixed-up entries. */
  readonly key: string;
  readonly choices: KernelChoices;
}

/** Entries that a store keeps: other graphs, adapters and versions of the kernels. */
export const MOST_ENTRIES = 32;

/** Stands in the text: another form of it is another number. */
const FORMAT = 'inception-webgpu kernels 1';

/**
 * A store in one text that somebody else keeps, such as a file. Its `get` throws a FormatError for a text that is broken
 * or of another version; `set` replaces such a text.
 * @param write should replace the text as a whole or not at all
 * @param read gives the text that was written last, or undefined
 * @throws {ValueError} unless it is given two functions
 */
export function textStore(
  read: () => Promise<string | undefined>,
  write: (text: string) => Promise<void>,
): ChoiceStore {
  requireFunction('textStore', 'read', read);
  requireFunction('textStore', 'write', write);
  return {
    get: async (key) => parse(await read()).get(key),
    async set(key, entry) {
      let entries = new Map<string, unknown>();
      try {
        entries = parse(await read());
      } catch {
        // Told by `get`.
      }
      entries.delete(key);
      const kept = [...entries].slice(1 - MOST_ENTRIES);
      const file = { format: FORMAT, entries: Object.fromEntries([...kept, [key, entry]]) };
      await write(`${JSON.stringify(file, undefined, 1)}\n`);
    },
  };
}

function parse(text: string | undefined): Map<string, unknown> {
  if (text === undefined || text === '') return new Map();
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new FormatError('kept choices', 'are broken', String(cause), undefined, { cause });
  }
  if (isRecord(file) && file['format'] === FORMAT && isRecord(file['entries'])) {
    return new Map(Object.entries(file['entries']));
  }
  throw new FormatError('kept choices', `are not in the form "${FORMAT}"`);
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
